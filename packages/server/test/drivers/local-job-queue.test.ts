import { describeJobQueueContract } from '@imagedoc/core/testing'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'

describeJobQueueContract('the queue of one process', { create: async (options) => createLocalJobQueue(options) })
