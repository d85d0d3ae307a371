// Logs in, makes a collection, uploads a file, lists what is there, downloads it again:
// node --conditions=@imagedoc/source src/archive.ts http://127.0.0.1:8420 ana scan.pdf copy.pdf, with the password in PASSWORD.
import { createClient } from '@imagedoc/client'

export interface Account {
  readonly url: string
  readonly username: string
  readonly password: string
}

/** Archives a file and fetches a copy of it; gives the titles of what the collection holds. */
export async function archive({ url, ...credentials }: Account, file: string, copy: string): Promise<string[]> {
  const { token } = await createClient({ url }).auth.login(credentials)
  const client = createClient({ url, token })
  const { id: collection_id } = await client.collections.create({ title: 'Letters', description: 'From the attic.' })
  const document = await client.uploadDocument(file, {
    collection_id,
    metadata: { author: 'Unknown', date: '1890', language: 'pt', shelf: 'B 12' },
    onProgress: ({ sentBytes, totalBytes }) => console.log(`${sentBytes} of ${totalBytes} bytes`),
  })
  const { items } = await client.documents.list({ collection_id, order: 'title' })
  await client.downloadTo(document, copy)
  await client.auth.logout()
  return items.map(({ title }) => title)
}

const [, script, url, username, file, copy] = process.argv
if (script === import.meta.filename && url && username && file && copy)
  console.log(await archive({ url, username, password: process.env.PASSWORD ?? '' }, file, copy))
