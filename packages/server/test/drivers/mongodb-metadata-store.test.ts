import { describeMetadataStoreContract } from '@imagedoc/core/testing'
import { describe } from 'vitest'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'

const server = mongodbUrl()

describe.skipIf(!server)(noMongodb ?? 'MongoDB', () => {
  const fresh = freshDatabases(server ?? nowhere)
  let url: string
  describeMetadataStoreContract('MongoDB', {
    async create() {
      url = fresh().url
      return createMongodbMetadataStore({ url })
    },
    another: async () => createMongodbMetadataStore({ url }),
  })
})
