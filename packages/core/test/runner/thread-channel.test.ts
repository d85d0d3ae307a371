import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { threadLimits } from '../../src/runner/thread-channel.ts'

it('a thread that fills its heap ends alone: its young objects fit into the 16 MiB that it is given to end in', async () => {
  const limits = threadLimits(64 * 2 ** 20)
  expect(limits.maxYoungGenerationSizeMb).toBeLessThan(16)
  const overflow = 'const kept = []; while (kept.push(Array.from({ length: 100_000 }, (_, index) => ({ index }))) > 0);'
  const ends = Array.from({ length: 6 }, async () => {
    const worker = new Worker(overflow, { eval: true, resourceLimits: limits })
    return new Promise((resolve) => worker.once('error', (error) => resolve((error as Error & { code?: string }).code)))
  })
  expect(await Promise.all(ends)).toEqual(Array(6).fill('ERR_WORKER_OUT_OF_MEMORY'))
})
