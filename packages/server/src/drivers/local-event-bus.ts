import { EventEmitter } from 'node:events'
import type { EventBus, Json } from '@imagedoc/core'

/** The embedded bus: messages within this process. */
export function createLocalEventBus(): EventBus {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  return {
    async publish(topic, message) {
      emitter.emit(`topic:${topic}`, message)
    },
    async subscribe(topic, listener) {
      const heard = (message: Json): void => listener(message)
      emitter.on(`topic:${topic}`, heard)
      return {
        [Symbol.asyncDispose]: async () => void emitter.off(`topic:${topic}`, heard),
      }
    },
    async [Symbol.asyncDispose]() {
      emitter.removeAllListeners()
    },
  }
}
