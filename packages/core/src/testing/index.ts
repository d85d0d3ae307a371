// Contract suites, to be called from a test file. They need vitest.

export { type BlobStoreContract, describeBlobStoreContract } from './blob-store-contract.ts'
export { goldenKeys } from './golden-key.ts'
export { describeResultCacheContract, type ResultCacheContract } from './result-cache-contract.ts'
export { describeStepRunnerContract, type StepRunnerContract } from './step-runner-contract.ts'
