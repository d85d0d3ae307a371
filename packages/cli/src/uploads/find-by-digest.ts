import type { Digest } from '@imagedoc/core'
import type { Client } from '../server/connect.ts'

type ServerDocument = Awaited<ReturnType<Client['documents']['get']>>

/** One file is in a collection that often, at most, before the rest is left out. */
const MOST = 100

/** The documents of a collection whose original has this content. */
export async function findByDigest(
  client: Client,
  { collection, digest, signal }: { collection: string; digest: Digest; signal: AbortSignal },
): Promise<readonly ServerDocument[]> {
  const { items } = await client.documents.list({ collection_id: collection, digest, limit: MOST }, { signal })
  return items
}
