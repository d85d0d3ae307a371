import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { createServer } from '@imagedoc/server'
import { type Client, createClient } from '../../src/index.ts'

export interface Archive extends AsyncDisposable {
  readonly url: string
  /** Of a manager who is logged in. */
  readonly client: Client
  readonly token: string
  readonly folder: string
}

/** The real server on its embedded drivers, with a manager. */
export async function startArchive(settings: { corsOrigins?: readonly string[] } = {}): Promise<Archive> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-archive-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const server = stack.use(
    await createServer({
      environment: {},
      settings: { port: 0, host: '127.0.0.1', dataFolder: join(folder, 'data'), logLevel: 'silent', ...settings },
    }),
  )
  const stranger = createClient({ url: server.url })
  const setupToken = server.setupToken ?? ''
  const { token } = await stranger.auth.register({
    username: 'ana',
    email: 'ana@example.org',
    password: 'a long enough password',
    setupToken,
  })
  const owned = stack.move()
  return {
    url: server.url,
    token,
    client: createClient({ url: server.url, token }),
    folder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** A scanned document of two pages. */
export async function twoPages(): Promise<Uint8Array<ArrayBuffer>> {
  const pages = [await renderPage({ seed: 1, width: 600, height: 800 }), await renderPage({ seed: 2, width: 600, height: 800 })]
  return new Uint8Array(await scannedPdf(pages))
}

/** A network before a server that breaks one connection, when so many bytes have gone up. */
export async function breakingNetwork(target: string, after: number): Promise<AsyncDisposable & { url: string; cuts(): number }> {
  const { hostname, port } = new URL(target)
  let up = 0
  let cuts = 0
  const open = new Set<Socket>()
  const network = createTcpServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        // Also when it was reset: nobody may wait for the other end of a connection that is gone.
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => {
      up += bytes.length
      if (up < after || cuts > 0) return
      cuts++
      near.destroy()
      far.destroy()
    })
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((listening) => network.listen(0, '127.0.0.1', listening))
  const address = network.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((closed) => network.close(closed))
    },
  }
}
