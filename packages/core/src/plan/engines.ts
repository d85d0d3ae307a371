import { ImageDocError, isImageDocError, type Json } from '../errors/error.ts'
import { canonicalJson, toJson } from '../key/canonical-json.ts'
import type { Engine } from '../operation/engine.ts'
import type { CompiledStep, Variant } from '../pipeline/compiled.ts'
import type { Problem } from '../pipeline/problem.ts'
import type { PlannedVariant } from './plan.ts'

type Asked = { ok: true; fingerprint: Json } | { ok: false; why: string; remedy: string; thrown?: unknown }

/** Answers of engines by parameters: asking one may start a program. */
export interface EngineAnswers {
  ask(engine: Engine, params: unknown): Promise<Asked>
}

/** Engines are asked again after this long: one may be installed while a server runs. */
const ANSWER_MS = 60_000

export function createEngineAnswers(now: () => number = () => performance.now()): EngineAnswers {
  const byEngine = new WeakMap<Engine, Map<string, { until: number; answer: Promise<Asked> }>>()
  return {
    async ask(engine, params) {
      const answers = byEngine.get(engine) ?? new Map<string, { until: number; answer: Promise<Asked> }>()
      byEngine.set(engine, answers)
      const key = canonicalJson(params)
      const known = answers.get(key)
      if (known && known.until > now()) return known.answer
      // Oldest first: a server sees ever new parameters, and must not hold an answer for each of them.
      answers.delete(key)
      for (const [old, { until }] of answers) {
        if (until > now()) break
        answers.delete(old)
      }
      const answer = askNow(engine, toJson(params))
      answers.set(key, { until: now() + ANSWER_MS, answer })
      return answer
    },
  }
}

/** Longer than any program takes to tell its version on a busy machine. */
const ASK_MS = 60_000

async function askNow(engine: Engine, params: Json): Promise<Asked> {
  const late = Promise.withResolvers<never>()
  const silent = new ImageDocError(
    'ENGINE_UNAVAILABLE',
    `The engine "${engine.id}" did not say within ${ASK_MS / 1000} s whether it can be used.`,
  )
  const timer = setTimeout(() => late.reject(silent), ASK_MS)
  try {
    const availability = await Promise.race([engine.available(params), late.promise])
    if (!availability.ok) return availability
    return { ok: true, fingerprint: await Promise.race([engine.fingerprint(params), late.promise]) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      ok: false,
      thrown: error,
      why,
      remedy: isImageDocError(error) ? '' : `The engine "${engine.id}" could not say whether it can be used.`,
    }
  } finally {
    clearTimeout(timer)
  }
}

/** What was in the way of engines. */
export interface EngineTrouble {
  readonly problems: Problem[]
  /** By engines that were asked whether they can be used. */
  readonly thrown: unknown[]
}

/**
 * Chooses the engine of a variant of a step: the one it names, or the first that is available. None available is a problem of the plan, unless the step may be
 * skipped or passed: then it is planned so.
 */
export async function planVariant(
  { step, variant }: { step: CompiledStep; variant: Variant },
  answers: EngineAnswers,
  { problems, thrown }: EngineTrouble,
): Promise<PlannedVariant> {
  const engines = step.operation.engines ?? []
  if (engines.length === 0 || variant.skip) return { ...variant, chosen: null, unavailable: null }
  const wanted = step.definition.engine ?? 'auto'
  const candidates = wanted === 'auto' ? engines : engines.filter((engine) => engine.id === wanted)
  const refused: string[] = []
  for (const engine of candidates) {
    const answer = await answers.ask(engine, variant.params)
    if (answer.ok)
      return {
        ...variant,
        chosen: { engine, fingerprint: { id: engine.id, is: answer.fingerprint }, why: reason(engine, wanted, refused) },
        unavailable: null,
      }
    if (answer.thrown !== undefined) thrown.push(answer.thrown)
    refused.push(`${engine.id}: ${answer.why} ${answer.remedy}`.trim())
  }
  const message = `No engine of ${step.operation.name} can be used. ${refused.join(' ')}`
  const mode = step.definition.onError
  if (mode === 'skip' || mode === 'pass') {
    return { ...variant, chosen: null, unavailable: { code: 'ENGINE_UNAVAILABLE', severity: 'warning', message, step: step.id } }
  }
  problems.push({
    path: `steps[${step.index}]${variant.entry === undefined ? (wanted === 'auto' ? '' : '.engine') : `.perPage[${variant.entry}]`}`,
    severity: 'error',
    message,
    remedy: 'Make one of them available, or write "onError": "skip" to go on without this step.',
  })
  return { ...variant, chosen: null, unavailable: null }
}

function reason(engine: Engine, wanted: string, refused: readonly string[]): string {
  if (wanted === engine.id) return 'named by the step'
  return refused.length > 0 ? `first that is available (${refused.join('; ')})` : 'first of the operation'
}
