import { type Random, renderPage, scannedPdf } from '@imagedoc/fixtures'
import type { Services } from '../../src/services.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { openServices } from '../support/open-services.ts'
import { addUser } from '../support/users.ts'
import { type Accepted, seenDocument } from './user-at-work.ts'

/** Somebody who works on a server. */
export interface Person {
  readonly token: string
  readonly collections: readonly [string, string]
}

/** Works on the store while no server has it. */
export async function onStore<Result>(variables: Record<string, string>, work: (services: Services) => Promise<Result>): Promise<Result> {
  await using services = await openServices({ IMAGEDOC_LOG: 'silent', ...variables })
  return await work(services)
}

/** Each with two collections and something in them. */
export async function addPeople(
  services: Services,
  { count, files, accepted, documents = 4 }: { count: number; files: readonly Uint8Array[]; accepted: Accepted; documents?: number },
): Promise<Person[]> {
  const people: Person[] = []
  for (let i = 0; i < count; i++) {
    const { id: user_id, token } = await addUser(services)
    const [first, second] = [await addCollection(services, { user_id }), await addCollection(services, { user_id })]
    for (let at = 0; at < documents; at++) {
      const bytes = files[at % files.length] as Uint8Array
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
