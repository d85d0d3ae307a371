// List, search and create among 100,000 documents against 1,000, in MongoDB or what speaks its protocol. Needs the servers of `.ci/servers/up`.
import { randomUUID } from 'node:crypto'
import { createMongodbMetadataStore } from '@imagedoc/server'
import { MongoClient } from 'mongodb'
import type { Measure } from '../harness/figure.ts'
import { testServers } from '../harness/fleet.ts'
import { measureScale } from '../harness/scale.ts'

export const measure: Measure = async (size) => {
  const { mongodb } = testServers()
  const names: string[] = []
  const openStore = () => {
    const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`
    names.push(name)
    return createMongodbMetadataStore({ url: `${mongodb}/${name}` })
  }
  try {
    return await measureScale(size, { database: 'MongoDB', openStore })
  } finally {
    await using client = new MongoClient(mongodb)
    for (const name of names) await client.db(name).dropDatabase()
  }
}
