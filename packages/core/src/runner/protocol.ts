import type { Descriptor } from '../artifact/digest.ts'
import type { Json, SerialisedError } from '../errors/error.ts'
import type { KeptValue, Payload, SegmentCall, SegmentResult, SegmentValue } from '../ports/step-runner.ts'
import type { Fault } from './segment-job.ts'
import type { Unloadable } from './unloadable.ts'
import type { WireError } from './wire-error.ts'

/** What a worker must load. */
export interface PluginModule {
  /** The plugin's name. */
  readonly plugin: string
  readonly module: string
  /** Without the secret ones. */
  readonly options: Json | undefined
}

/** A call without its bytes: they are sent when they are asked for. */
export interface WireCall extends Omit<SegmentCall, 'inputs'> {
  readonly inputs: readonly WireInput[]
}

/** `large`: it may come as a file. */
export type WireInput = Omit<Payload, 'load' | 'stream' | 'file'> & { readonly large?: boolean }

/** One thing that a worker is asked to do; it does one at a time. */
export type Task =
  | { readonly type: 'run' | 'open'; readonly call: WireCall; readonly faults: Readonly<Record<string, Fault>>; readonly memo: boolean }
  /** Of the expansion that was opened before. */
  | { readonly type: 'item'; readonly index: number; readonly memo: boolean; readonly has: boolean }
  | { readonly type: 'close' }

export type ToHost =
  | { readonly type: 'init'; readonly plugins: readonly PluginModule[]; readonly tmp: string }
  | { readonly type: 'task'; readonly id: number; readonly task: Task }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'answer'; readonly ask: number; readonly value?: unknown; readonly error?: SerialisedError }
  /** Close the engines and end. */
  | { readonly type: 'end' }

/** What a worker needs from its parent. */
export type Ask =
  | { readonly load: number }
  | { readonly has: Descriptor }
  | { readonly memoGet: { readonly step: string; readonly key: Json } }
  | { readonly memoPut: { readonly step: string; readonly key: Json; readonly value: Json } }

type WireStep = Omit<SegmentResult['steps'][number], 'error'> & { readonly error?: WireError }

/** `input`: the number of the one that was handed on. */
export type WireKept = Omit<KeptValue, 'from'> & { readonly input?: number }

export type WireResult = { readonly steps: readonly WireStep[]; readonly diagnostics: SegmentResult['diagnostics'] } & (
  | { readonly value: SegmentValue }
  | { readonly kept: WireKept }
  | { readonly hole: { readonly step: string; readonly error: WireError } }
)

export type Reply =
  | { readonly result: WireResult }
  | { readonly opened: Pick<WireResult, 'steps' | 'diagnostics'> & { readonly length: number } }
  | { readonly closed: true }
  | { readonly error: WireError }
  /** Nothing was done. */
  | { readonly unloadable: readonly Unloadable[] }

export type FromHost =
  | { readonly type: 'started'; readonly id: number; readonly step: string }
  /** Its time begins; null between two attempts. */
  | { readonly type: 'attempt'; readonly id: number; readonly step: string; readonly attempt: number | null }
  | { readonly type: 'progress'; readonly id: number; readonly step: string; readonly done: number }
  | { readonly type: 'ask'; readonly id: number; readonly ask: number; readonly what: Ask }
  | {
      readonly type: 'reply'
      readonly id: number
      readonly reply: Reply
      /** The worker may use the bytes again, so they are not to be moved away from it. */
      readonly keeps: boolean
      /** Given-up work still goes on: the worker must not be used again. */
      readonly tainted: boolean
      /** Bytes in memory now. */
      readonly rss: number
    }
