import { type Availability, type Engine, ImageDocError, throwIfAborted } from '@imagedoc/core'
import { type Language, parseLanguage } from '../language.ts'
import type { ApertiumOptions } from '../options.ts'
import { type TranslateParams, translateParams } from '../params.ts'
import type { Job, Translator } from '../translator.ts'
import { installRemedy } from './apertium-packages.ts'
import { findPath, type Mode, modesTowards } from './apertium-path.ts'
import { type ApertiumProgram, createProbe } from './apertium-program.ts'
import { runApertium } from './apertium-run.ts'

/** The local program Apertium: offline, the same words every time, the gist rather than good style. Directly, or over one language between. */
export function apertium(options: ApertiumOptions): Engine<Translator> {
  const probe = createProbe(options)
  return {
    id: 'apertium',
    async available(params) {
      const { from, to, formality } = translateParams.parse(params)
      const program = await probe()
      if (!program) return { ok: false, why: 'The program apertium does not run here.', remedy: installRemedy(from, to) }
      if (formality === 'more' || formality === 'less') {
        return {
          ok: false,
          why: 'Apertium knows no formality.',
          remedy: `Write "formality": "prefer-${formality}", or use the engine "deepl".`,
        }
      }
      return pathsAvailable(program, { from, to })
    },
    async fingerprint(params) {
      const program = await installed(probe, translateParams.parse(params))
      const modes = usedModes(program, translateParams.parse(params))
      const digests = await Promise.all(modes.map(async (mode) => [mode.name, await program.digest(mode)] as const))
      return { apertium: program.version, modes: Object.fromEntries(digests) }
    },
    open: async () => ({
      translate: (segments, job) => translate(segments, { job, options, probe }),
      [Symbol.asyncDispose]: async () => {},
    }),
  }
}

type Wanted = Pick<TranslateParams, 'from' | 'to'>

function pathsAvailable(program: ApertiumProgram, { from, to }: Wanted): Availability {
  if (usedModes(program, { from, to }).length > 0) return { ok: true }
  const way = from === undefined ? `into "${to}"` : `from "${from}" into "${to}"`
  return { ok: false, why: `Apertium has no way ${way} here.`, remedy: installRemedy(from, to) }
}

/** Of the way that will be taken; of all ways that might be, while the text's language is not known. */
function usedModes({ modes }: ApertiumProgram, { from, to }: Wanted): readonly Mode[] {
  const target = parseLanguage(to) as Language
  return from === undefined ? modesTowards(modes, target) : (findPath(modes, parseLanguage(from) as Language, target) ?? [])
}

async function installed(probe: () => Promise<ApertiumProgram | undefined>, { from, to }: Wanted): Promise<ApertiumProgram> {
  const program = await probe()
  if (program) return program
  throw new ImageDocError('ENGINE_UNAVAILABLE', `The program apertium does not run here. ${installRemedy(from, to)}`)
}

interface Work {
  readonly job: Job
  readonly options: ApertiumOptions
  readonly probe: () => Promise<ApertiumProgram | undefined>
}

async function translate(segments: readonly string[], { job, options, probe }: Work): Promise<readonly string[]> {
  const { params, language, context } = job
  throwIfAborted(context.signal)
  const from = params.from ?? language ?? undefined
  const source = from === undefined ? undefined : parseLanguage(from)
  if (from === undefined || !source) {
    throw new ImageDocError(
      'INVALID_PIPELINE',
      'Apertium does not detect languages, and this text does not say which it is in; write "from", for example "from": "pt".',
      {
        path: 'with.from',
      },
    )
  }
  const program = await installed(probe, { from, to: params.to })
  const path = findPath(program.modes, source, parseLanguage(params.to) as Language)
  if (!path) {
    throw new ImageDocError(
      'LANGUAGE_MISSING',
      `Apertium has no way from "${from}" into "${params.to}" here. ${installRemedy(from, params.to)}`,
      { path: 'with.to' },
    )
  }
  let current = segments
  for (const [index, mode] of path.entries()) {
    current = await runApertium(current, { mode: mode.name, options, signal: context.signal })
    context.progress((index + 1) / path.length)
  }
  return current
}
