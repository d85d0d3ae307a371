import type { Json } from '../errors/error.ts'

/** Whether an engine can be used, and if not, why and how it could be. */
export type Availability = { ok: true } | { ok: false; why: string; remedy: string }

/** The third-party tool inside an operation. */
export interface Engine<Instance = unknown> {
  readonly id: string
  /** A network engine runs in the parent process only, and only there are its secrets. @default false */
  readonly network?: boolean
  /** Asked when a plan is made, with the step's parsed parameters; a language that is not installed is an answer, not an exception. */
  available(params: Json): Promise<Availability>
  /** Versions, the models that these parameters use, every plugin option that changes a result; never a credential. */
  fingerprint(params: Json): Promise<Json>
  /** Once a process or thread; disposed when that ends. */
  open(): Promise<Instance & AsyncDisposable>
}
