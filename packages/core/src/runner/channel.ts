import type { FromHost, ToHost } from './protocol.ts'

/** How a thread or a child ended. */
export interface Death {
  readonly code: 'PROCESS_CRASHED' | 'MEMORY_LIMIT'
  readonly message: string
}

/** A thread or a child, as the pool talks to it. */
export interface Channel {
  send(message: ToHost): void
  /** When it is gone, for whatever reason, and what it left behind has been removed. */
  readonly gone: Promise<Death>
  kill(): void
  /** While held it keeps this process alive. */
  hold(): void
  release(): void
}

/** Starts a thread or a child. */
export type OpenChannel = (listener: (message: FromHost) => void) => Channel
