import { createInProcessRunner } from '../../src/runner/in-process.ts'
import { describeStepRunnerContract } from '../../src/testing/index.ts'

describeStepRunnerContract('in process', {
  isolates: false,
  create: (registry) => createInProcessRunner({ registry, concurrency: 3, threads: 2, threadHeapBytes: 300 * 2 ** 20 }),
})
