import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '@imagedoc/server'

/** The demo keeps to itself: of the environment only what engines need, never a database or a bucket that is configured for another server. */
const engines = ['DEEPL_AUTH_KEY', 'IMAGEDOC_DEEPL_AUTH_KEY', 'IMAGEDOC_TESSDATA', 'IMAGEDOC_TESSERACT']

export interface DemoServer extends AsyncDisposable {
  readonly url: string
  readonly setupToken: string
}

/** A server on a free port with its data in a temporary folder; both are gone when it is disposed, or when the demo is interrupted. */
export async function startServer(): Promise<DemoServer> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-demo-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const environment = Object.fromEntries(engines.map((name) => [name, process.env[name]]))
  const settings = { port: 0, host: '127.0.0.1', dataFolder: join(folder, 'data'), logLevel: 'silent' } as const
  const { url, setupToken } = stack.use(await createServer({ environment, settings }))
  const owned = stack.move()
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= owned.disposeAsync())
  const interrupted = (): void => void stop().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupted)
  return { url, setupToken: setupToken ?? '', [Symbol.asyncDispose]: stop }
}
