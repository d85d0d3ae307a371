import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Json } from '../errors/error.ts'
import type { Context } from '../operation/context.ts'
import type { SegmentHooks, SegmentStep } from '../ports/step-runner.ts'
import { judgeScale } from '../scale/scale.ts'
import type { SegmentJob } from './segment-job.ts'

/** A context, and what must be cleared away after the step. */
export interface StepContext {
  readonly context: Context
  /** Removes the folder when there is one. */
  dispose(): Promise<void>
}

interface StepParts {
  readonly step: SegmentStep
  readonly signal: AbortSignal
  readonly engine: unknown
  readonly properties: Properties
  readonly between: Context['between']
  report(diagnostic: Diagnostic): void
}

/** What `run` sees of one attempt. Its folder is made when it is first asked for: most steps never do. */
export function createStepContext(job: SegmentJob, parts: StepParts): StepContext {
  let folder: string | undefined
  const { step, signal, engine, properties, between, report } = parts
  const context: Context = {
    signal,
    engine,
    properties,
    between,
    report,
    scale: scaleTelling(report),
    limits: job.call.limits,
    get tmp() {
      folder ??= mkdtempSync(join(job.host.tmp?.() ?? tmpdir(), 'imagedoc-'))
      return folder
    },
    progress: (done) => job.hooks.progress?.(step.id, Math.min(1, Math.max(0, done))),
    memo: (key, compute) => memo(job.hooks, { step: step.id, key }, compute),
  }
  return {
    context,
    async dispose() {
      // A folder that cannot be removed is no reason to lose a result.
      if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => {})
    },
  }
}

/** Tells of the same doubt once. */
function scaleTelling(report: StepParts['report']): Context['scale'] {
  const told = new Set<string>()
  return (page) => {
    const { scale, doubt } = judgeScale(page)
    if (doubt && !told.has(doubt.message)) report(doubt)
    if (doubt) told.add(doubt.message)
    return scale
  }
}

async function memo<Value extends Json>(
  hooks: SegmentHooks,
  at: { step: string; key: Json },
  compute: () => Promise<Value>,
): Promise<Value> {
  const known = await hooks.memo?.get(at.step, at.key)
  if (known !== undefined) return known as Value
  const value = await compute()
  await hooks.memo?.put(at.step, at.key, value)
  return value
}
