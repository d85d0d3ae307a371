// A server in a process of its own: with `bare` one route of Hono, with `bare-redis` one that gives the bytes of a key in Redis, otherwise the whole server; with `s3` its blobs and uploads are in the bucket of
// IMAGEDOC_TEST_S3_*. Says on its first line where it listens.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [kind, dataFolder = '', further = '{}'] = process.argv.slice(2)

if (kind === 'bare' || kind === 'bare-redis') {
  // Hono and its adapter as the server's package has them.
  const require = createRequire(import.meta.resolve('@imagedoc/server'))
  const load = (name: string) => import(pathToFileURL(require.resolve(name)).href)
  const { Hono } = (await load('hono')) as {
    Hono: new () => { get(path: string, handler: (c: BareContext) => Response | Promise<Response>): void; fetch: unknown }
  }
  const { serve } = (await load('@hono/node-server')) as { serve(options: object, listening: (info: { port: number }) => void): unknown }
  const app = new Hono()
  if (kind === 'bare') app.get('/', (c) => c.json({ ok: true }))
  else app.get('/', await givingBytes(process.env['IMAGEDOC_BENCH_REDIS'] ?? ''))
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
    console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
  )
} else {
  const { createServer } = await import('@imagedoc/server')
  const environment = kind === 's3' ? bucketOf(process.env) : {}
  const { url, setupToken } = await createServer({
    environment,
    settings: { dataFolder, port: 0, logLevel: 'error', ...(JSON.parse(further) as object) },
  })
  console.log(JSON.stringify({ url, setupToken }))
}

interface BareContext {
  json(value: unknown): Response
  body(value: Uint8Array<ArrayBuffer>): Response
}

/** @param address of Redis and, behind a space, the key */
async function givingBytes(address: string): Promise<(c: BareContext) => Promise<Response>> {
  const [url = '', key = ''] = address.split(' ')
  const { Redis } = await import('ioredis')
  const redis = new Redis(url)
  return async (c) => c.body(new Uint8Array((await redis.getBuffer(key)) ?? Buffer.alloc(0)))
}

function bucketOf(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    IMAGEDOC_S3_ENDPOINT: given['IMAGEDOC_TEST_S3_URL'],
    IMAGEDOC_S3_BUCKET: given['IMAGEDOC_TEST_S3_BUCKET'],
    IMAGEDOC_S3_ACCESS_KEY: given['IMAGEDOC_TEST_S3_ACCESS_KEY'],
    IMAGEDOC_S3_SECRET_KEY: given['IMAGEDOC_TEST_S3_SECRET_KEY'],
    IMAGEDOC_S3_PREFIX: given['IMAGEDOC_BENCH_S3_PREFIX'],
  }
}
