import type { Digest } from '../artifact/digest.ts'
import type { Json } from '../errors/error.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { KeptDiagnostic, ResultRecord } from '../ports/result-cache.ts'
import type { RunContext } from './context.ts'
import { beyond } from './place-artifact.ts'
import type { RunArtifact } from './run-artifact.ts'
import { fits } from './trail.ts'

/** The records of the result cache: whatever a run keeps there is written here. */

/** The keys of one result: what it was expected to be called, and what its inputs' content calls it. */
export interface Keys {
  /** Undefined when the result must not be found so. */
  readonly expected: string | undefined
  readonly actual: string
}

interface Written extends Pick<ResultRecord, 'output' | 'diagnostics'> {
  readonly key: string
  readonly sources: Iterable<Digest>
  readonly ms?: number
}

/** Keeps a result under a key. */
export function writeRecord({ results }: Pick<RunContext, 'results'>, planned: PlannedStep, written: Written): Promise<void> {
  const { key, sources, ...parts } = written
  const fingerprint = planned.chosen?.fingerprint ?? null
  const record: ResultRecord = { schemaVersion: 2, ...parts, fingerprint, sources: [...sources], createdAt: new Date().toISOString() }
  const isLasting = planned.step.operation.traits?.deterministic !== false
  return results.write(key, record, isLasting ? {} : { ttlMs: NON_DETERMINISTIC_TTL_MS })
}

/** What depends on a service that may answer otherwise tomorrow is kept for 30 days. */
const NON_DETERMINISTIC_TTL_MS = 30 * 24 * 3600 * 1000

/**
 * Keeps a pointer from the key that was expected to the one that the content gave: a warm run then touches nothing upstream. So it bears what the
 * steps `above` those of the other key reported, and where that would be too much there is no pointer.
 */
export async function writeAlias(
  run: Pick<RunContext, 'results'>,
  planned: PlannedStep,
  at: {
    keys: Keys
    /** Of the result, or of what it was made from, when that tells. */
    artifact: Pick<RunArtifact, 'fromBase' | 'origin'> | undefined
    /** What the expected key starts from. */
    base: RunArtifact | undefined
    sources: Iterable<Digest>
    above: readonly KeptDiagnostic[]
  },
): Promise<void> {
  const { keys, artifact, base, sources, above } = at
  if (keys.expected === undefined || keys.expected === keys.actual || !fits(above)) return
  const { properties, size } = artifact?.origin ?? { properties: {}, size: null }
  const output = { alias: keys.actual, matrix: artifact?.fromBase ?? null, ...beyond(base, { properties, size }) }
  await writeRecord(run, planned, { key: keys.expected, output, sources, diagnostics: above })
}

/** A sub-result that an operation keeps. Small, or it is not kept. */
export async function writeMemo(
  run: Pick<RunContext, 'results'>,
  planned: PlannedStep,
  { key, value, sources }: { key: string; value: Json; sources: Iterable<Digest> },
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  const { inline, descriptor } = await run.results.store({ bytes, mediaType: 'application/json' }, 'memory')
  if (!inline || !descriptor) return
  const output = { kind: 'data', meta: null, matrix: null, descriptor, inline }
  await writeRecord(run, planned, { key, output, sources, diagnostics: [] })
}
