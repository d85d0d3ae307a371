// Contract suites, to be called from a test file. They need vitest.

export { type BlobStoreContract, describeBlobStoreContract } from './blob-store-contract.ts'
export { describeEventBusContract, type EventBusContract } from './event-bus-contract.ts'
export { goldenKeys } from './golden-key.ts'
export { describeJobQueueContract, type JobQueueContract } from './job-queue-contract.ts'
export { describeLockContract, type LockContract } from './lock-contract.ts'
export { describeMetadataStoreContract, type MetadataStoreContract } from './metadata-store-contract.ts'
export { describePluginContract, type PluginContract } from './plugin-contract.ts'
export type { OperationSample, ParameterEffect } from './plugin-samples.ts'
export { describeResultCacheContract, type ResultCacheContract } from './result-cache-contract.ts'
export type { StepRunnerContract } from './runner-under-test.ts'
export { describeStepRunnerContract } from './step-runner-contract.ts'
