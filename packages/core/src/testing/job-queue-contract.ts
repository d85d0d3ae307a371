import { afterEach, beforeEach, describe } from 'vitest'
import type { JobQueue } from '../ports/job-queue.ts'
import type { QueueUnderTest } from './job-queue-jobs.ts'
import { describeJobOrder } from './job-queue-order.ts'
import { describeJobTrouble } from './job-queue-trouble.ts'
import { describeJobWork } from './job-queue-work.ts'

/** How the suite makes the queue that it examines. */
export interface JobQueueContract {
  /** An empty queue in which at most so many jobs wait; called before every test. The suite disposes of it. @default waiting: 100 or more */
  create(options: { waiting?: number }): Promise<JobQueue>
  /** Another end of what `create` gave last, as another process has it. Without it those tests are left out. */
  another?(): Promise<JobQueue>
}

/**
 * What every JobQueue must do; to be called in a test file.
 * @example describeJobQueueContract('the queue of this process', { create: async (options) => createLocalJobQueue(options) })
 */
export function describeJobQueueContract(name: string, contract: JobQueueContract): void {
  describe(`${name} keeps the contract of a job queue`, () => {
    const open: JobQueue[] = []
    const opened = (queue: JobQueue): JobQueue => {
      open.push(queue)
      return queue
    }
    let queue: JobQueue
    beforeEach(async () => {
      queue = opened(await contract.create({}))
    })
    afterEach(async () => {
      for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]()
    })
    const another = contract.another?.bind(contract)
    const underTest: QueueUnderTest = {
      queue: () => queue,
      create: async (options) => opened(await contract.create(options)),
      another: another && (async () => opened(await another())),
    }
    describeJobWork(underTest)
    describeJobOrder(underTest)
    describeJobTrouble(underTest)
  })
}
