import { EventEmitter } from 'node:events'
import { type EventBus, ImageDocError, type Json } from '@imagedoc/core'

const MAX_BYTES = 64 * 1024

/**
 * The embedded bus: messages within this process. A message travels as JSON, so that it is the listener's own, and arrives after `publish` has
 * returned control, so that a listener that publishes goes no deeper. What a listener throws becomes a warning of the process.
 */
export function createLocalEventBus(): EventBus {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw new ImageDocError('STORE_UNAVAILABLE', 'The event bus is closed.', { retryable: false })
  }
  return {
    async publish(topic, message) {
      assertOpen()
      emitter.emit(`topic:${topic}`, encoded(message))
    },
    async subscribe(topic, listener) {
      assertOpen()
      let active = true
      const heard = (json: string): void => {
        queueMicrotask(() => {
          if (active && !closed) void call(listener, JSON.parse(json))
        })
      }
      emitter.on(`topic:${topic}`, heard)
      return {
        async [Symbol.asyncDispose]() {
          active = false
          emitter.off(`topic:${topic}`, heard)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      emitter.removeAllListeners()
    },
  }
}

async function call(listener: (message: Json) => unknown, message: Json): Promise<void> {
  try {
    await listener(message)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}

function encoded(message: Json): string {
  const json = asJson(message)
  if (json !== undefined && Buffer.byteLength(json) <= MAX_BYTES) return json
  throw new ImageDocError('USAGE', `A message must be JSON of at most ${MAX_BYTES} bytes. Send where to find a larger one.`)
}

/** Undefined for what is no JSON: a function, a cycle, a bigint. */
function asJson(message: Json): string | undefined {
  try {
    return JSON.stringify(message)
  } catch {
    return undefined
  }
}
