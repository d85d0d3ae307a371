import { defineConfig } from '@imagedoc/core'
import { type Random, renderPage, scannedPdf } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { createServices } from '../../src/create-services.ts'
import type { Services } from '../../src/services.ts'
import { makeDataFolder } from '../../src/settings/data-folder.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import reading from '../support/reading-plugin.ts'
import { addUser } from '../support/users.ts'
import { type Accepted, seenDocument } from './user-at-work.ts'

/** Somebody who works on a server. */
export interface Person {
  readonly token: string
  readonly collections: readonly [string, string]
}

/** Works on the store while no server has it. */
export async function onStore<Result>(dataFolder: string, work: (services: Services) => Promise<Result>): Promise<Result> {
  await makeDataFolder(dataFolder)
  const settings = { ...readSettings({}), logLevel: 'silent' as const, dataFolder }
  await using services = await createServices({ environment: {}, settings, config: defineConfig({ plugins: [image(), pdf(), reading()] }) })
  return await work(services)
}

/** Each with two collections and something in them. */
export async function addPeople(
  services: Services,
  { count, files, accepted }: { count: number; files: readonly Uint8Array[]; accepted: Accepted },
): Promise<Person[]> {
  const people: Person[] = []
  for (let i = 0; i < count; i++) {
    const { id: user_id, token } = await addUser(services)
    const [first, second] = [await addCollection(services, { user_id }), await addCollection(services, { user_id })]
    for (const [at, bytes] of files.slice(0, 4).entries()) {
      const original = await services.blobs.put('objects', bytes, { mediaType: 'application/pdf' })
      const { _id } = await addDocument(services, { collection_id: at % 2 ? first._id : second._id, original })
      seenDocument(accepted, { id: _id, bytes, user: token })
    }
    people.push({ token, collections: [first._id, second._id] })
  }
  return people
}

/** PDFs of one to three small pages. */
export async function makeFiles(random: Random): Promise<Uint8Array[]> {
  const pages = await Promise.all(Array.from({ length: 5 }, () => renderPage({ seed: random.whole(1, 1e6), layout: 'letter', dpi: 40 })))
  return Promise.all(Array.from({ length: 6 }, () => scannedPdf(Array.from({ length: random.whole(1, 3) }, () => random.pick(pages)))))
}
