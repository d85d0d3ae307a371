import type { SerialisedError } from '../errors/error.ts'
import type { Registry } from '../plugin/registry.ts'
import type { SegmentCall, SegmentHooks } from '../ports/step-runner.ts'
import type { EnginePool } from './engine-pool.ts'

/** The thread or process that steps run in. */
export interface Host {
  readonly registry: Registry
  readonly engines: EnginePool
  /** Where steps' folders are made; the system's folder when left out. */
  readonly tmp?: () => string
  /** Told of work that was given up but may still be going on. */
  readonly abandoned?: (work: Promise<unknown>) => void
}

/** What a step did to a worker that is gone, so that a new one does not try it for ever. */
export interface Fault {
  /** Attempts already made. */
  readonly attempts: number
  readonly error: SerialisedError
}

/** One call, where and for whom it runs. */
export interface SegmentJob {
  readonly host: Host
  readonly call: SegmentCall
  readonly hooks: SegmentHooks
  /** By step id. */
  readonly faults?: Readonly<Record<string, Fault>>
  /** Told before each attempt (counted from 0), and with null when one failed and the next is not begun yet. */
  readonly attempt?: (step: string, attempt: number | null) => void
}
