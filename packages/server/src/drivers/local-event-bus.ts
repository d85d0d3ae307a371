import { EventEmitter } from 'node:events'
import { type EventBus, ImageDocError } from '@imagedoc/core'
import { deliver, encodeMessage } from './event-message.ts'

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
      emitter.emit(`topic:${topic}`, encodeMessage(message))
    },
    async subscribe(topic, listener) {
      assertOpen()
      let active = true
      const heard = (json: string): void => {
        queueMicrotask(() => {
          if (active && !closed) void deliver(listener, json)
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
