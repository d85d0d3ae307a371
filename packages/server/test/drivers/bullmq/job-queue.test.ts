import { randomBytes } from 'node:crypto'
import type { JobQueue } from '@imagedoc/core'
import { createRedisConnection } from '@imagedoc/core/drivers/redis'
import { describeJobQueueContract } from '@imagedoc/core/testing'
import { describe } from 'vitest'
import { createBullmqJobQueue } from '../../../src/drivers/bullmq/job-queue.ts'
import { createRedisEventBus } from '../../../src/drivers/redis/event-bus.ts'
import { noRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''
let prefix = ''

/** A queue with a bus and a connection of its own, as another process has it. */
async function open(waiting?: number): Promise<JobQueue> {
  const connection = createRedisConnection({ url })
  const events = createRedisEventBus({ connection, prefix })
  const queue = await createBullmqJobQueue({ url, events, needs: ['ocr', 'pdf'], prefix, ...(waiting === undefined ? {} : { waiting }) })
  return {
    ...queue,
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]()
      await events[Symbol.asyncDispose]()
      await connection[Symbol.asyncDispose]()
    },
  }
}

describe.skipIf(noRedis)(`on Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  describeJobQueueContract('the queue on BullMQ', {
    create: ({ waiting }) => {
      prefix = `imagedoc-test-${randomBytes(6).toString('hex')}:`
      return open(waiting)
    },
    another: () => open(),
  })
})
