import { createMemoryResultCache } from '../../src/drivers/memory-result-cache.ts'
import { describeResultCacheContract } from '../../src/testing/index.ts'

let time = 0
describeResultCacheContract('the memory result cache', {
  create: async () => createMemoryResultCache({ now: () => time }),
  pass: async (ms) => {
    time += ms
  },
})
