import type { Client } from './connect.ts'
import type { FoundCollection } from './find-collection.ts'

interface Used {
  readonly client: Client
  readonly collection: FoundCollection
  note(text: string): void
}

/** Does what a collection is needed for. One that this command made, and that nothing came into, is removed again, however that ends. */
export async function unlessEmpty<Value>({ client, collection, note }: Used, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } finally {
    const removed = collection.isNew ? await removeIfEmpty(client, collection.id) : undefined
    if (removed !== undefined) note(removed)
  }
}

/** Gives what is to be said of it. Asked without the command's signal, which may have been aborted. */
async function removeIfEmpty(client: Client, id: string): Promise<string | undefined> {
  try {
    // The revision guards what others put into it meanwhile.
    const { documents, revision, title } = await client.collections.get({ id })
    if (documents.length > 0) return undefined
    await client.collections.delete({ id, revision })
    return `Nothing came into the collection "${title}", which this command had made; it is removed again.`
  } catch (error) {
    return `warning   The collection that this command made is perhaps empty and could not be removed: ${error instanceof Error ? error.message : String(error)}`
  }
}
