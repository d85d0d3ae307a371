// Another process at the same folder: `writer.ts MODE FOLDER`. It writes until it is killed, or so many rounds.
import { createFileBlobStore } from '../../src/drivers/file-blob-store.ts'
import { createFileResultCache } from '../../src/drivers/file-result-cache.ts'
import { keyOf, recordOf } from './sample-record.ts'

const [mode = '', path = ''] = process.argv.slice(2)
const blobs = createFileBlobStore({ path })
const cache = createFileResultCache({ path, blobs, maxBytes: 4_000_000 })

/** Never ends, so that it can only be killed in the middle. */
async function endlessBlob(): Promise<void> {
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(new Uint8Array(1_000_000))
      process.stdout.write('wrote\n')
      await new Promise((resolve) => setTimeout(resolve, 5))
    },
  })
  await blobs.put('objects', content, { mediaType: 'image/tiff' })
}

async function records(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const blob = await blobs.put('cache', new Uint8Array(100_000).fill(round % 50), { mediaType: 'image/png' })
    await cache.put(keyOf(`${round % 50}`), recordOf(round % 3 === 0 ? blob : 1000 * (round % 50)), {})
    if (round === 10) process.stdout.write('wrote\n')
  }
}

await (mode === 'blob' ? endlessBlob() : records(mode === 'endless' ? Number.POSITIVE_INFINITY : 300))
await cache[Symbol.asyncDispose]()
