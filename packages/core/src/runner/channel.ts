import type { FromHost, ToHost } from './protocol.ts'

/** How a thread or a child ended. */
export interface Death {
  readonly code: 'PROCESS_CRASHED' | 'MEMORY_LIMIT'
  readonly message: string
  /** What was thrown and caught by nobody, where that is known. */
  readonly cause?: unknown
}

/** A thread or a child, as the pool talks to it. */
export interface Channel {
  send(message: ToHost): void
  /** Answers with bytes that nobody holds here; undefined where that cannot be. What the stream throws is thrown; false when there was no room. */
  readonly pour: ((ask: number, bytes: ReadableStream<Uint8Array>) => Promise<boolean>) | undefined
  /** When it is gone, for whatever reason, and what it left behind has been removed. */
  readonly gone: Promise<Death>
  kill(): void
  /** While held it keeps this process alive. */
  hold(): void
  release(): void
}

/** Starts a thread or a child. */
export type OpenChannel = (listener: (message: FromHost) => void) => Channel
