import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { createNobodyTakes } from '../../src/workers/nobody-takes.ts'
import type { WorkerNotice } from '../../src/workers/roster.ts'

const quick = { log: { warn: () => undefined }, patienceMs: 60, lookMs: 10 }
const images: WorkerNotice = { id: 'a', takes: ['image'], concurrency: 1 }

async function aborted(signal: AbortSignal): Promise<unknown> {
  await expect.poll(() => signal.aborted).toBe(true)
  return signal.reason
}

it('what waits for pages of a namespace that no worker takes is told so, and how to start one; what others take is not', async () => {
  using nobody = createNobodyTakes({ roster: { present: async () => [images] }, ...quick })
  using ocr = nobody.watch('ocr')
  using image = nobody.watch('image')
  using anybody = nobody.watch('')
  expect(await aborted(ocr.signal)).toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    message: expect.stringContaining('imagedoc worker --only ocr'),
  })
  expect([image, anybody].map(({ signal }) => signal.aborted)).toEqual([false, false])
})

it('a worker that comes back in time is waited for', async () => {
  let looks = 0
  using nobody = createNobodyTakes({ roster: { present: async () => (++looks % 3 === 0 ? [images] : []) }, ...quick })
  using image = nobody.watch('image')
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
  using image = nobody.watch('image')
  await expect.poll(() => looks).toBeGreaterThan(10)
  await wait(0)
  expect(image.signal.aborted).toBe(false)
})
