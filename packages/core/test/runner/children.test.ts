import { createChildrenRunner } from '../../src/runner/children.ts'
import { describeStepRunnerContract } from '../../src/testing/index.ts'

describeStepRunnerContract('children', {
  isolates: true,
  create: (registry) => createChildrenRunner({ registry, children: 2, limits: { memoryBytes: 300 * 2 ** 20 } }),
})
