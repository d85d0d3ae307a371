import { expect, it } from 'vitest'
import { createSlots } from '../../src/slots/slots.ts'

/** Work that says when it has begun and ends when it is told to. */
function piece(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const work = async (): Promise<string> => {
    log.push(name)
    await promise
    return name
  }
  return { work, end: resolve }
}

it('lets so many in at a time, in the order they came', async () => {
  const slots = createSlots({ size: 2, waiting: 10 })
  const log: string[] = []
  const pieces = ['a', 'b', 'c', 'd'].map((name) => piece(log, name))
  const done = pieces.map(({ work }) => slots.run(work))
  await Promise.resolve()
  expect(log).toEqual(['a', 'b'])
  pieces[1]?.end()
  expect(await done[1]).toBe('b')
  expect(log).toEqual(['a', 'b', 'c'])
  for (const { end } of pieces) end()
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd'])
})

it('lets a heavy one in alone, and nobody past it', async () => {
  const slots = createSlots({ size: 2, waiting: 10 })
  const log: string[] = []
  const [light, heavy, late] = ['light', 'heavy', 'late'].map((name) => piece(log, name))
  const done = [slots.run(light!.work), slots.run(heavy!.work, { weight: 2 }), slots.run(late!.work)]
  await Promise.resolve()
  expect(log).toEqual(['light'])
  light?.end()
  await done[0]
  expect(log).toEqual(['light', 'heavy'])
  heavy?.end()
  await done[1]
  expect(log).toEqual(['light', 'heavy', 'late'])
  late?.end()
  await done[2]
})

it('turns away what would wait too long a line, and forgets who has gone', async () => {
  const slots = createSlots({ size: 1, waiting: 1 })
  const log: string[] = []
  const [first, second, third] = ['first', 'second', 'third'].map((name) => piece(log, name))
  const running = slots.run(first!.work)
  const gone = new AbortController()
  const waiting = slots.run(second!.work, { signal: gone.signal })
  await expect(slots.run(third!.work)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 5 } })
  gone.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  const next = slots.run(third!.work)
  first?.end()
  third?.end()
  expect([await running, await next]).toEqual(['first', 'third'])
  expect(log).toEqual(['first', 'third'])
})

it('makes room after work that failed', async () => {
  const slots = createSlots({ size: 1, waiting: 1 })
  await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await slots.run(async () => 'yes')).toBe('yes')
})
