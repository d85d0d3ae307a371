import { expect, it } from 'vitest'
import type { Job } from '../ports/job-queue.ts'
import { never, putAll, type QueueUnderTest, someJob } from './job-queue-jobs.ts'

/** Which job comes next. */
export function describeJobOrder({ queue }: QueueUnderTest): void {
  /** The order in which one who does a job at a time gets what waits. */
  const orderOf = async (jobs: readonly Job[]): Promise<Job[]> => {
    const said = await putAll(queue(), jobs)
    const taken: Job[] = []
    queue().work(async (job) => void taken.push(job), { concurrency: 1 })
    await Promise.all(said)
    return taken
  }
  const jobsOf = (user: string, count: number, given: Partial<Job> = {}): Job[] =>
    Array.from({ length: count }, () => someJob({ user, ...given }))

  it("does a user's jobs in the order they came", async () => {
    const jobs = jobsOf('ana', 12)
    expect((await orderOf(jobs)).map(({ id }) => id)).toEqual(jobs.map(({ id }) => id))
  })

  it('does what somebody waits for first', async () => {
    const taken = await orderOf([...jobsOf('ana', 3, { priority: 1 }), ...jobsOf('ana', 2), ...jobsOf('bruno', 2, { priority: 1 })])
    expect(taken.map(({ priority }) => priority)).toEqual([0, 0, 1, 1, 1, 1, 1])
  })

  it('lets users take turns, however many jobs one of them has put in before', async () => {
    const taken = await orderOf([...jobsOf('ana', 12), ...jobsOf('bruno', 3), ...jobsOf('carla', 2)])
    // One of ana's may have its turn before the others are seen.
    const upTo = (user: string, count: number): number =>
      taken.map((job, at) => (job.user === user ? at : -1)).filter((at) => at >= 0)[count - 1]!
    expect(upTo('bruno', 1)).toBeLessThan(4)
    expect(upTo('carla', 2)).toBeLessThan(8)
    expect(upTo('bruno', 3)).toBeLessThan(10)
  })

  it('lets a user who comes late have a turn before what others have waiting', async () => {
    const first = await putAll(queue(), jobsOf('ana', 10))
    const taken: string[] = []
    let late: Promise<unknown> = Promise.resolve()
    queue().work(
      async ({ user }) => {
        taken.push(user)
        if (taken.length !== 3) return
        late = queue().run(someJob({ user: 'bruno' }), { signal: never() })
        // A queue elsewhere has it a moment later.
        await new Promise((resolve) => setTimeout(resolve, 100))
      },
      { concurrency: 1 },
    )
    await Promise.all(first)
    await late
    expect(taken.indexOf('bruno')).toBeLessThan(6)
  })
}
