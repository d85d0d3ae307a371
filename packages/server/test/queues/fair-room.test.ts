import { expect, it } from 'vitest'
import { createFairRoom, type FairRoom } from '../../src/queues/fair-room.ts'

/** Enters for users named by their first letter, and tells in which order they came in. */
function entering(room: FairRoom) {
  const came: string[] = []
  const leave = new Map<string, () => void>()
  const enter = async (name: string, queue = 'queue', signal?: AbortSignal): Promise<void> => {
    leave.set(name, await room.enter({ user: name[0] ?? '', queue }, signal))
    came.push(name)
  }
  return { came, enter, leave: (name: string) => leave.get(name)?.() }
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

it('lets a quiet user in while a noisy one has filled their part of it', async () => {
  const { came, enter } = entering(createFairRoom({ size: 3, ofUser: 2 }))
  for (let i = 0; i < 100; i++) void enter(`a${i}`)
  await settled()
  expect(came).toEqual(['a0', 'a1'])
  await enter('b0')
  expect(came).toEqual(['a0', 'a1', 'b0'])
})

it('lets users take turns, however many one of them has waiting', async () => {
  const { came, enter, leave } = entering(createFairRoom({ size: 1, ofUser: 1 }))
  for (const name of ['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'c0']) void enter(name)
  await settled()
  for (let i = 0; i < 6; i++) {
    leave(came.at(-1) ?? '')
    await settled()
  }
  expect(came).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'a3'])
})

it('lets the queues of one user take turns', async () => {
  const { came, enter, leave } = entering(createFairRoom({ size: 1, ofUser: 1 }))
  for (let i = 0; i < 50; i++) void enter(`a-thumbnail${i}`, 'thumbnails')
  void enter('a-preview', 'previews')
  await settled()
  leave('a-thumbnail0')
  await settled()
  leave(came[1] ?? '')
  await settled()
  expect(came).toContain('a-preview')
  expect(came).toHaveLength(3)
})

it('forgets who has gone, and makes room once for a place that is left twice', async () => {
  const room = createFairRoom({ size: 1, ofUser: 1 })
  const { came, enter, leave } = entering(room)
  const gone = new AbortController()
  await enter('a0')
  const waiting = enter('b0', 'queue', gone.signal)
  void enter('c0')
  void enter('d0')
  expect([room.waiting('queue'), room.waiting('queue', 'b'), room.active()]).toEqual([3, 1, 1])
  gone.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  leave('a0')
  leave('a0')
  await settled()
  expect(came).toEqual(['a0', 'c0'])
  expect([room.waiting('queue'), room.active(), room.active('c'), room.active('a')]).toEqual([1, 1, 1, 0])
})
