// A server in a process of its own: with `bare` one route of Hono, otherwise the whole server; with `s3` its blobs and uploads are in the bucket of
// IMAGEDOC_TEST_S3_*. Says on its first line where it listens.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Lock } from '@imagedoc/core'

const [kind, dataFolder = ''] = process.argv.slice(2)

if (kind === 'bare') {
  // Hono and its adapter as the server's package has them.
  const require = createRequire(import.meta.resolve('@imagedoc/server'))
  const load = (name: string) => import(pathToFileURL(require.resolve(name)).href)
  const { Hono } = (await load('hono')) as {
    Hono: new () => { get(path: string, handler: (c: { json(value: unknown): Response }) => Response): void; fetch: unknown }
  }
  const { serve } = (await load('@hono/node-server')) as { serve(options: object, listening: (info: { port: number }) => void): unknown }
  const app = new Hono()
  app.get('/', (c) => c.json({ ok: true }))
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
    console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
  )
} else {
  const { createServer } = await import('@imagedoc/server')
  const drivers = kind === 's3' ? await inBucket() : {}
  const { url, setupToken } = await createServer({ environment: {}, settings: { dataFolder, port: 0, logLevel: 'error' }, drivers })
  console.log(JSON.stringify({ url, setupToken }))
}

async function inBucket() {
  const { createS3BlobStore, createS3Connection, createS3UploadStore } = await import('@imagedoc/server')
  const connection = createS3Connection({
    endpoint: process.env['IMAGEDOC_TEST_S3_URL'],
    bucket: process.env['IMAGEDOC_TEST_S3_BUCKET'] ?? '',
    credentials: {
      accessKeyId: process.env['IMAGEDOC_TEST_S3_ACCESS_KEY'] ?? '',
      secretAccessKey: process.env['IMAGEDOC_TEST_S3_SECRET_KEY'] ?? '',
    },
    prefix: process.env['IMAGEDOC_BENCH_S3_PREFIX'],
  })
  return { blobs: createS3BlobStore(connection), uploads: createS3UploadStore({ connection, lock: createLock() }) }
}

/** One process needs no other. */
function createLock(): Lock {
  const held = new Set<string>()
  return {
    async acquire(name) {
      if (held.has(name)) return undefined
      held.add(name)
      return { signal: new AbortController().signal, [Symbol.asyncDispose]: async () => void held.delete(name) }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
