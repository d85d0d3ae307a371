import { ImageDocError } from '../errors/error.ts'

/** Bounds on what one input and one page may cost. */
export interface Limits {
  /** Pixels of one image, decoded or made. */
  pixels: number
  /** Bytes of one input file. */
  bytes: number
  /** Pages of one document. */
  pages: number
  /** Milliseconds for one step on one page, per attempt. */
  timeoutMs: number
  /** Milliseconds of work of one run: all steps and pages together, those that are worked on side by side each for itself. @default none */
  runMs?: number
  /** Bytes of memory of one child process; in a thread of this process, of its JavaScript objects alone. At least 64 MiB. */
  memoryBytes: number
}

/**
 * What to do about a limit, for the end of an error's message: `raise limits.pixels of createImageDoc`. Programs that take limits from elsewhere, as
 * the command does, put the name that they know it by in its place.
 */
export function raiseLimit(limit: keyof Limits): string {
  return `raise limits.${limit} of createImageDoc`
}

/** A message with other words in the place of those of {@link raiseLimit}. */
export function nameLimits(message: string, words: (limit: keyof Limits) => string): string {
  return message.replace(/raise limits\.(\w+) of createImageDoc/g, (found, limit: string) =>
    Object.hasOwn(defaultLimits, limit) ? words(limit as keyof Limits) : found,
  )
}

/** V8 needs some 16 MiB to load a plugin, and ends the whole process when a thread does not have 4 MiB to start with. */
export const LEAST_MEMORY = 64 * 2 ** 20

/** 100 MP is more than A3 at 600 dpi (70 MP); at 50 MP nine known bombs were refused within 31 ms. */
export const defaultLimits: Limits = {
  pixels: 100_000_000,
  bytes: 2 * 1024 ** 3,
  pages: 5000,
  timeoutMs: 120_000,
  runMs: Number.POSITIVE_INFINITY,
  memoryBytes: 2 * 1024 ** 3,
}

/**
 * The default limits with some of them changed.
 * @throws INVALID_CONFIG for an unknown one, for memory in which nothing can run, and for what is no positive number: a limit that compares with nothing
 * would let everything pass
 */
export function limitsWith(changes: Partial<Limits>): Limits {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(defaultLimits, name))
      throw new ImageDocError('INVALID_CONFIG', `There is no limit "${name}"; there are: ${Object.keys(defaultLimits).join(', ')}.`)
    if (!(typeof value === 'number' && value > 0))
      throw new ImageDocError('INVALID_CONFIG', `The limit "${name}" is ${String(value)}; write a number above 0.`)
    if (name === 'memoryBytes' && value < LEAST_MEMORY)
      throw new ImageDocError('INVALID_CONFIG', `The limit "${name}" is ${value}; write ${LEAST_MEMORY} (64 MiB) or more.`)
  }
  return { ...defaultLimits, ...Object.fromEntries(given) }
}
