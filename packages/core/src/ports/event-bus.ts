import type { Json } from '../errors/error.ts'

/** Messages to whoever listens now, in every process that shares it. Not promised: that one arrives, nor in which order two topics do. */
export interface EventBus extends AsyncDisposable {
  /** Messages of at most 64 KiB. */
  publish(topic: string, message: Json): Promise<void>
  /** Calls `listener` with every message on this topic until what it gives is disposed. */
  subscribe(topic: string, listener: (message: Json) => void): Promise<AsyncDisposable>
}
