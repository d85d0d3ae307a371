// A server in a process of its own: with `bare` one route of Hono, otherwise the whole server; with `s3` its blobs and uploads are in the bucket of
// IMAGEDOC_TEST_S3_*. Says on its first line where it listens.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

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
  const environment = kind === 's3' ? bucketOf(process.env) : {}
  const { url, setupToken } = await createServer({ environment, settings: { dataFolder, port: 0, logLevel: 'error' } })
  console.log(JSON.stringify({ url, setupToken }))
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
