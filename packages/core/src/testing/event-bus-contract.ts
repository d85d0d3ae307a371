import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Json } from '../errors/error.ts'
import type { EventBus } from '../ports/event-bus.ts'

/** How the suite makes the bus that it examines. */
export interface EventBusContract {
  /** A bus on which nobody listens; called before every test. The suite disposes of it. */
  create(): Promise<EventBus>
  /** Another bus over the same place, as another process has it. Without it those tests are left out. The suite disposes of it. */
  another?(): Promise<EventBus>
}

/**
 * What every EventBus must do; to be called in a test file. It takes for granted that nothing is lost while the line holds.
 * @example describeEventBusContract('the local event bus', { create: async () => createLocalEventBus() })
 */
export function describeEventBusContract(name: string, contract: EventBusContract): void {
  describe(`${name} keeps the contract of an event bus`, () => {
    let bus: EventBus
    beforeEach(async () => {
      bus = await contract.create()
    })
    afterEach(async () => bus[Symbol.asyncDispose]())

    it('gives every listener every message as it was sent', async () => {
      const messages: Json[] = [null, '', 0, -0.5, false, [], {}, 'Straße 😀\0\n', { $gt: 1, 'a.b': { deep: [1, [2, { x: null }]] } }]
      messages.push(JSON.parse('{"__proto__":{"a":1},"constructor":2}'))
      const [first, second] = [await listening(bus, 'a'), await listening(bus, 'a')]
      for (const message of messages) await bus.publish('a', message)
      for (const { heard } of [first, second]) {
        await arrived(heard, messages.length)
        expect(JSON.stringify(heard)).toBe(JSON.stringify(messages))
      }
    })

    it('keeps the order of one publisher on one topic', async () => {
      const { heard } = await listening(bus, 'a')
      const sent = Array.from({ length: 500 }, (_, i) => i)
      await Promise.all(sent.map((i) => bus.publish('a', i)))
      await arrived(heard, 500)
      expect(heard).toEqual(sent)
    })

    it('keeps topics apart, whatever they are', async () => {
      const topics = ['a', 'A', 'a*', '*', '?', 'a.b', 'a:b', 'a b\nc', 'error', 'newListener', '__proto__', 'constructor', 'Straße 😀']
      const listeners = await Promise.all(topics.map((topic) => listening(bus, topic)))
      for (const topic of topics) await bus.publish(topic, topic)
      for (const { heard } of listeners) await arrived(heard, 1)
      expect(listeners.map(({ heard }) => heard)).toEqual(topics.map((topic) => [topic]))
    })

    it('is silent for whoever has stopped listening, and for nobody else', async () => {
      const [gone, there] = [await listening(bus, 'a'), await listening(bus, 'a')]
      await bus.publish('a', 1)
      await arrived(gone.heard, 1)
      await gone.subscription[Symbol.asyncDispose]()
      await gone.subscription[Symbol.asyncDispose]()
      await bus.publish('a', 2)
      await arrived(there.heard, 2)
      expect(gone.heard).toEqual([1])
    })

    it('takes one listener twice for two', async () => {
      const heard: Json[] = []
      const listener = (message: Json) => void heard.push(message)
      const first = await bus.subscribe('a', listener)
      await bus.subscribe('a', listener)
      await bus.publish('a', 1)
      await arrived(heard, 2)
      await first[Symbol.asyncDispose]()
      await bus.publish('a', 2)
      await arrived(heard, 3)
      expect(heard).toEqual([1, 1, 2])
    })

    it('keeps what a listener throws from the publisher and the other listeners', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      await bus.subscribe('a', () => {
        throw new Error('a listener that throws')
      })
      await bus.subscribe('a', (() => Promise.reject(new Error('a listener that rejects'))) as () => void)
      const { heard } = await listening(bus, 'a')
      await bus.publish('a', 1)
      await bus.publish('a', 2)
      await arrived(heard, 2)
      warned.mockRestore()
    })

    it('gives each listener a message of its own', async () => {
      const message = { list: [1] }
      await bus.subscribe('a', (heard) => void (heard as typeof message).list.push(2))
      const { heard } = await listening(bus, 'a')
      const published = bus.publish('a', message)
      message.list.push(3)
      await published
      await arrived(heard, 1)
      expect(heard).toEqual([{ list: [1] }])
      expect(message).toEqual({ list: [1, 3] })
    })

    it('lets a listener publish, listen and stop listening', async () => {
      const { heard } = await listening(bus, 'echo')
      const subscription = await bus.subscribe('a', async (message) => {
        await subscription[Symbol.asyncDispose]()
        await bus.subscribe('later', (later) => void bus.publish('echo', later))
        await bus.publish('echo', message)
      })
      await bus.publish('a', 'now')
      await arrived(heard, 1)
      await bus.publish('later', 'then')
      await arrived(heard, 2)
      expect(heard).toEqual(['now', 'then'])
    })

    it('carries 64 KiB, and refuses more and what is no JSON', async () => {
      const { heard } = await listening(bus, 'a')
      const largest = 'ü'.repeat(32 * 1024 - 1)
      await bus.publish('a', largest)
      const cycle: Json[] = []
      cycle.push(cycle)
      for (const wrong of [`${largest}x`, undefined, 1n, () => 1, cycle]) {
        await expect(bus.publish('a', wrong as Json)).rejects.toMatchObject({ code: 'USAGE' })
      }
      await bus.publish('a', 'end')
      await arrived(heard, 2)
      expect(heard).toEqual([largest, 'end'])
    })

    it('does not mind when nobody listens', async () => {
      await bus.publish('a', 1)
      const { heard } = await listening(bus, 'a')
      await bus.publish('a', 2)
      await arrived(heard, 1)
      expect(heard).toEqual([2])
    })

    it('is silent once it is disposed of', async () => {
      const { heard, subscription } = await listening(bus, 'a')
      await bus[Symbol.asyncDispose]()
      await expect(bus.publish('a', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(bus.subscribe('a', () => undefined)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await subscription[Symbol.asyncDispose]()
      await bus[Symbol.asyncDispose]()
      expect(heard).toEqual([])
    })

    if (contract.another) {
      const another = contract.another.bind(contract)
      it('reaches another process, and is reached by it', async () => {
        await using other = await another()
        const [here, there] = [await listening(bus, 'a'), await listening(other, 'a')]
        await bus.publish('a', 'from here')
        await arrived(here.heard, 1)
        await arrived(there.heard, 1)
        await other.publish('a', 'from there')
        await arrived(here.heard, 2)
        await arrived(there.heard, 2)
        expect([here.heard, there.heard]).toEqual([
          ['from here', 'from there'],
          ['from here', 'from there'],
        ])
      })
    }
  })
}

async function listening(bus: EventBus, topic: string): Promise<{ heard: Json[]; subscription: AsyncDisposable }> {
  const heard: Json[] = []
  return { heard, subscription: await bus.subscribe(topic, (message) => void heard.push(message)) }
}

/** Until so many have come, and not one more. */
async function arrived(heard: readonly Json[], count: number): Promise<void> {
  await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(count), { interval: 2, timeout: 5000 })
  expect(heard).toHaveLength(count)
}
