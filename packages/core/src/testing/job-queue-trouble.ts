import { expect, it } from 'vitest'
import { ImageDocError } from '../errors/error.ts'
import { held, never, putAll, type QueueUnderTest, someJob, until } from './job-queue-jobs.ts'

/** A job that was given up is stopped within this. */
const TOLD_MS = 1000

/** Jobs that fail, are given up, or have no room. */
export function describeJobTrouble({ queue, create }: QueueUnderTest): void {
  it("gives whoever waits the handler's error, and goes on with the next", async () => {
    const details = { exit: 3 }
    queue().work(
      async ({ data }) => {
        if (data === 'bad') throw new ImageDocError('ENGINE_FAILED', 'It broke.', { path: 'steps[1]', details })
      },
      { concurrency: 1 },
    )
    const bad = queue().run(someJob({ data: 'bad' }), { signal: never() })
    await expect(bad).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: 'It broke.', path: 'steps[1]', details })
    await queue().run(someJob(), { signal: never() })
    expect(await queue().stats()).toEqual({ waiting: 0, active: 0 })
  })

  it('takes no job whose caller has given up already', async () => {
    const { taken, handler } = held()
    queue().work(handler, { concurrency: 1 })
    await expect(queue().run(someJob(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(taken).toEqual([])
    expect(await queue().stats()).toEqual({ waiting: 0, active: 0 })
  })

  it('forgets a job that is given up while it waits', async () => {
    const controller = new AbortController()
    const given = queue().run(someJob({ data: 'given up' }), { signal: controller.signal })
    given.catch(() => undefined)
    await until(async () => (await queue().stats()).waiting === 1)
    void (await putAll(queue(), [someJob({ data: 'wanted' })]))
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await queue().stats()).waiting).toBe(1)
    const taken: unknown[] = []
    queue().work(async ({ data }) => void taken.push(data), { concurrency: 1 })
    await queue().run(someJob({ data: 'last' }), { signal: never() })
    expect(taken).toEqual(['wanted', 'last'])
  })

  it('tells who works on a job that it was given up, and only them', async () => {
    const stopped: string[] = []
    const started: string[] = []
    queue().work(
      ({ id }, signal) => {
        started.push(id)
        if (id.startsWith('other')) return untilAborted(signal, 200).catch(() => void stopped.push(id))
        return untilAborted(signal, 10_000).catch((error: unknown) => {
          stopped.push(id)
          throw error
        })
      },
      { concurrency: 2 },
    )
    const controller = new AbortController()
    const job = someJob()
    const given = queue().run(job, { signal: controller.signal })
    given.catch(() => undefined)
    const other = queue().run(someJob({ id: 'other' }), { signal: never() })
    await until(() => started.length === 2)
    const at = performance.now()
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => stopped.length > 0)
    expect(performance.now() - at).toBeLessThan(TOLD_MS)
    await other
    expect(stopped).toEqual([job.id])
  })

  it('says RATE_LIMITED, and when to come again, when too many wait; there is room again when one was taken', async () => {
    const small = await create({ waiting: 3 })
    const said = await putAll(small, [someJob(), someJob(), someJob()])
    await expect(small.run(someJob(), { signal: never() })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: expect.any(Number) },
    })
    small.work(async () => undefined, { concurrency: 1 })
    await Promise.all(said)
    await small.run(someJob(), { signal: never() })
  })

  it('tells those who wait when it is disposed of, and takes no more', async () => {
    const own = await create({})
    const [said] = await putAll(own, [someJob()])
    await own[Symbol.asyncDispose]()
    expect(await said).toMatchObject([{ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } }])
    await expect(own.run(someJob(), { signal: never() })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
}

function untilAborted(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
