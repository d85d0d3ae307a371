// Another process at the same result: `caller.ts URL PREFIX KEY MODE`. Prints one line of JSON, except when it holds on for ever.
import { digestOf } from '../../../src/artifact/digest.ts'
import { createFileBlobStore } from '../../../src/drivers/file-blob-store.ts'
import { createRedisResultCache } from '../../../src/drivers/redis/index.ts'
import { isResultRecord, type ResultRecord } from '../../../src/ports/result-cache.ts'

const [url = '', prefix = '', key = '', mode = 'compute'] = process.argv.slice(2)
const cache = createRedisResultCache({ url, prefix, blobs: createFileBlobStore({ path: '/nonexistent' }), leaseMs: 1000 })
const inline = new TextEncoder().encode('computed once')
const record: ResultRecord = {
  schemaVersion: 2,
  output: {
    kind: 'text',
    meta: null,
    matrix: null,
    descriptor: { mediaType: 'text/plain', digest: digestOf(inline), size: inline.length },
    inline,
  },
  diagnostics: [],
  fingerprint: null,
  sources: [],
  createdAt: '2026-11-24T12:00:00.000Z',
}
let computed = 0

async function call(): Promise<void> {
  const outcome = await cache.lease(key, { signal: new AbortController().signal })
  if (isResultRecord(outcome)) return
  if (mode === 'hold') {
    process.stdout.write('held\n')
    await new Promise(() => setInterval(() => {}, 1000))
  }
  computed++
  await cache.put(key, record, {})
  await outcome[Symbol.asyncDispose]()
}

await Promise.all(Array.from({ length: mode === 'hold' ? 1 : 50 }, call))
await cache[Symbol.asyncDispose]()
process.stdout.write(`${JSON.stringify({ computed })}\n`)
