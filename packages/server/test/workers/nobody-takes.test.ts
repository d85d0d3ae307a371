import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { createNobodyTakes } from '../../src/workers/nobody-takes.ts'
import type { WorkerNotice } from '../../src/workers/roster.ts'

const quick = { log: { warn: () => undefined }, patienceMs: 60, lookMs: 10 }
const images: WorkerNotice = { id: 'a', takes: ['image'], concurrency: 1 }
const pagesOf = (namespace: string) => ({ namespace, segment: `${namespace} of a plan` })

async function aborted(signal: AbortSignal): Promise<unknown> {
  await expect.poll(() => signal.aborted).toBe(true)
  return signal.reason
}

it('what waits for pages of a namespace that no worker takes is told so, and how to start one; what others take is not', async () => {
  using nobody = createNobodyTakes({ roster: { present: async () => [images] }, ...quick })
  using ocr = nobody.watch(pagesOf('ocr'))
  using image = nobody.watch(pagesOf('image'))
  using anybody = nobody.watch(pagesOf(''))
  expect(await aborted(ocr.signal)).toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    message: expect.stringContaining('imagedoc worker --only ocr'),
  })
  expect([image, anybody].map(({ signal }) => signal.aborted)).toEqual([false, false])
})

it('a worker that comes back in time is waited for', async () => {
  let looks = 0
  using nobody = createNobodyTakes({ roster: { present: async () => (++looks % 3 === 0 ? [images] : []) }, ...quick })
  using image = nobody.watch(pagesOf('image'))
  await expect.poll(() => looks).toBeGreaterThan(20)
  expect(image.signal.aborted).toBe(false)
})

it('while nobody can know, nothing is given up', async () => {
  let looks = 0
  const present = async () => {
    looks++
    throw new ImageDocError('STORE_UNAVAILABLE', 'Redis does not answer.')
  }
  using nobody = createNobodyTakes({ roster: { present }, ...quick })
  using image = nobody.watch(pagesOf('image'))
  await expect.poll(() => looks).toBeGreaterThan(10)
  await wait(0)
  expect(image.signal.aborted).toBe(false)
})

it('what every worker there refuses is told why, once nobody came who does it; what one of them does is not', async () => {
  const present = [images, { ...images, id: 'b' }]
  using nobody = createNobodyTakes({ roster: { present: async () => present }, ...quick })
  using refused = nobody.watch(pagesOf('image'))
  using taken = nobody.watch({ ...pagesOf('image'), segment: 'of another plan' })
  for (const { id } of present) refused.refused(id, 'The engine is another.')
  taken.refused('a', 'The engine is another.')
  expect(await aborted(refused.signal)).toMatchObject({
    code: 'ENGINE_CHANGED',
    message: expect.stringContaining('The engine is another.'),
  })
  expect(taken.signal.aborted).toBe(false)
})

it('a worker that refused and can do it now is believed', async () => {
  let looks = 0
  const present = async () => {
    looks++
    return [images]
  }
  using nobody = createNobodyTakes({ roster: { present }, ...quick })
  using image = nobody.watch(pagesOf('image'))
  image.refused('a', 'The engine is another.')
  image.done()
  await expect.poll(() => looks).toBeGreaterThan(20)
  expect(image.signal.aborted).toBe(false)
})
