import { ImageDocError } from '../errors/error.ts'
import { defaultLimits, LEAST_MEMORY, type Limits } from './limits.ts'
import { parseBytes, parseDuration, parsePixels } from './quantity.ts'

/** How the environment of a program sets a limit. */
export interface LimitVariable {
  readonly name: string
  /** In words, as a table shows it. */
  readonly default: string
  readonly meaning: string
  /** What a value has to look like; ends the sentence "it expects ...". */
  readonly expects: string
  /** Undefined for a value that is none. */
  parse(value: string): number | undefined
}

const MOST_PAGES = 1_000_000

/** The variable for each limit: the command reads them, and the server those that it does not bound otherwise. `createImageDoc` reads none. */
export const limitVariables = {
  pixels: {
    name: 'IMAGEDOC_MAX_PIXELS',
    default: '100MP',
    meaning: 'Pixels of one image, decoded or made.',
    expects: 'a number of pixels, or one with a unit such as 200MP',
    parse: parsePixels,
  },
  bytes: {
    name: 'IMAGEDOC_MAX_FILE',
    default: '2GiB',
    meaning: 'Bytes of one input file.',
    expects: 'a number of bytes, or one with a unit such as 500MB or 4GiB',
    parse: parseBytes,
  },
  pages: {
    name: 'IMAGEDOC_MAX_PAGES',
    default: '5000',
    meaning: 'Pages of one document, and of what a step makes of it.',
    expects: `a whole number from 1 to ${MOST_PAGES}`,
    parse: (value) => (/^[1-9]\d{0,6}$/.test(value) && Number(value) <= MOST_PAGES ? Number(value) : undefined),
  },
  timeoutMs: {
    name: 'IMAGEDOC_MAX_STEP_TIME',
    default: '120s',
    meaning: 'How long one step may take on one page, where the step has no `timeoutMs`.',
    expects: 'a time such as 90s, 30min or 12h, of at most 1000h',
    parse: parseDuration,
  },
  runMs: {
    name: 'IMAGEDOC_MAX_RUN_TIME',
    default: 'none',
    meaning: 'How much computing one run may take, all of its steps and pages together; then it fails with RUN_TOO_LONG.',
    expects: 'a time such as 90s, 30min or 12h, of at most 1000h',
    parse: parseDuration,
  },
  memoryBytes: {
    name: 'IMAGEDOC_MAX_MEMORY',
    default: '2GiB',
    meaning: 'Memory of one child process in which pages are worked on; in a thread, of its JavaScript objects alone.',
    expects: 'a number of bytes, or one with a unit such as 4GiB, of at least 64MiB',
    parse: (value) => {
      const bytes = parseBytes(value)
      return bytes !== undefined && bytes >= LEAST_MEMORY ? bytes : undefined
    },
  },
} as const satisfies Record<keyof Limits, LimitVariable>

/**
 * The limits that the environment sets, for `createImageDoc`. A variable with nothing but spaces counts as not set.
 * @throws INVALID_CONFIG naming the variable and what it expects
 * @example createImageDoc({ plugins, limits: readLimits(process.env) })
 */
export function readLimits(environment: Readonly<Record<string, string | undefined>>): Partial<Limits> {
  const limits: Partial<Limits> = {}
  for (const limit of Object.keys(defaultLimits) as (keyof Limits)[]) {
    const { name, expects, parse }: LimitVariable = limitVariables[limit]
    const value = environment[name]?.trim()
    if (!value) continue
    const parsed = parse(value)
    if (parsed === undefined)
      throw new ImageDocError('INVALID_CONFIG', `The environment variable ${name} is wrong; it expects ${expects}.`, {
        details: { variable: name },
      })
    limits[limit] = parsed
  }
  return limits
}
