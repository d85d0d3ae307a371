import { expect, it } from 'vitest'
import { held, never, putAll, type QueueUnderTest, someJob, until } from './job-queue-jobs.ts'

/** Jobs that are taken and done. */
export function describeJobWork({ queue, another }: QueueUnderTest): void {
  it('gives a job as it was put to one who takes it, and says when it was done', async () => {
    const { taken, handler, letGo } = held()
    queue().work(handler, { concurrency: 2 })
    const job = someJob({ user: 'bruno', priority: 1, data: { page: [1, 'zwei', null], deep: { is: true } } })
    let done = false
    const running = queue()
      .run(job, { signal: never() })
      .then(() => {
        done = true
      })
    await until(() => taken.length > 0)
    expect(taken).toEqual([job])
    expect(done).toBe(false)
    expect(await queue().stats()).toEqual({ waiting: 0, active: 1 })
    letGo()
    await running
    expect(await queue().stats()).toEqual({ waiting: 0, active: 0 })
  })

  it('keeps what comes before anybody takes', async () => {
    const said = await putAll(
      queue(),
      Array.from({ length: 5 }, () => someJob()),
    )
    expect(await queue().stats()).toEqual({ waiting: 5, active: 0 })
    const done: string[] = []
    queue().work(async ({ id }) => void done.push(id), { concurrency: 1 })
    for (const each of said) expect(await each).toMatchObject([{ status: 'fulfilled' }])
    expect(done).toHaveLength(5)
  })

  it('has no more in work at a time than a taker has room for', async () => {
    let inWork = 0
    let most = 0
    const handler = async (): Promise<void> => {
      most = Math.max(most, ++inWork)
      await new Promise((resolve) => setTimeout(resolve, 2))
      inWork--
    }
    queue().work(handler, { concurrency: 3 })
    await Promise.all(Array.from({ length: 30 }, () => queue().run(someJob(), { signal: never() })))
    expect(most).toBe(3)
  })

  it('has every job done once, by several who take and for many who wait', async () => {
    const done: string[] = []
    for (const concurrency of [1, 2, 4])
      queue().work(
        async ({ id }) => {
          await new Promise(setImmediate)
          done.push(id)
        },
        { concurrency },
      )
    const jobs = Array.from({ length: 90 }, (_, i) => someJob({ user: `user-${i % 7}`, priority: i % 3 ? 0 : 1 }))
    await Promise.all(jobs.map((job) => queue().run(job, { signal: never() })))
    expect(done.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted())
  })

  it('gives a job only to who has what it needs, and others are not held up by it', async () => {
    const [needsOcr] = await putAll(queue(), [someJob({ needs: 'ocr' })])
    const plain: string[] = []
    queue().work(async ({ needs }) => void plain.push(needs), { concurrency: 1, has: ['pdf'] })
    await queue().run(someJob({ needs: 'pdf' }), { signal: never() })
    await queue().run(someJob(), { signal: never() })
    expect(plain).toEqual(['pdf', ''])
    expect((await queue().stats()).waiting).toBe(1)
    const able: string[] = []
    queue().work(async ({ needs }) => void able.push(needs), { concurrency: 1, has: ['ocr'] })
    expect(await needsOcr).toMatchObject([{ status: 'fulfilled' }])
    expect(able).toEqual(['ocr'])
  })

  it('lets who stops taking finish what it has, and leaves the rest to others', async () => {
    const first = held()
    const taker = queue().work(first.handler, { concurrency: 1 })
    const said = await putAll(queue(), [someJob(), someJob(), someJob()])
    await until(() => first.taken.length === 1)
    let stopped = false
    const stopping = taker[Symbol.asyncDispose]().then(() => {
      stopped = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(stopped).toBe(false)
    first.letGo()
    await stopping
    expect(await said[0]).toMatchObject([{ status: 'fulfilled' }])
    expect(first.taken).toHaveLength(1)
    expect(await queue().stats()).toEqual({ waiting: 2, active: 0 })
    const done: string[] = []
    queue().work(async ({ id }) => void done.push(id), { concurrency: 1 })
    await Promise.all(said)
    expect(done).toHaveLength(2)
  })

  if (another)
    it('brings jobs to who takes them at another end', async () => {
      const other = await another()
      const done: string[] = []
      other.work(async ({ id }) => void done.push(id), { concurrency: 2 })
      const jobs = Array.from({ length: 6 }, () => someJob())
      await Promise.all(jobs.map((job) => queue().run(job, { signal: never() })))
      expect(done.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted())
    })
}
