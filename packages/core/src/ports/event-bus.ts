import type { Json } from '../errors/error.ts'

/**
 * Messages to whoever listens now, in every process that shares it. Not promised: that one arrives, nor in which order two topics do; on one topic
 * one publisher's messages arrive in the order of its calls. Once disposed of, every call throws STORE_UNAVAILABLE and nothing is heard any more.
 */
export interface EventBus extends AsyncDisposable {
  /** JSON of at most 64 KiB. A topic is any text, without patterns. @throws USAGE for another message; STORE_UNAVAILABLE */
  publish(topic: string, message: Json): Promise<void>
  /**
   * Calls `listener` with every message on this topic until what it gives is disposed. Each listener gets a copy of its own, and what one throws
   * reaches neither the publisher nor other listeners. @throws STORE_UNAVAILABLE
   */
  subscribe(topic: string, listener: (message: Json) => void): Promise<AsyncDisposable>
}
