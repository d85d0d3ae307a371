import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { createClient } from '../src/browser/index.ts'
import { type Archive, breakingNetwork, startArchive, twoPages } from './support/archive.ts'
import { build } from './support/build.ts'
import { cuttingNetwork } from './support/cutting-network.ts'

const executablePath = process.env['IMAGEDOC_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
const noBrowser = existsSync(executablePath)
  ? undefined
  : 'no Chromium: apt-get install chromium, or set IMAGEDOC_TEST_CHROMIUM to its path'

if (noBrowser && process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1')
  it('has a browser to test with', () => expect.fail(`IMAGEDOC_REQUIRE_DRIVERS=1, but there is ${noBrowser}`))

describe.skipIf(noBrowser)(noBrowser ? `skipped: ${noBrowser}` : 'in a browser, on a page of another origin', () => {
  let archive: Archive
  let browser: Browser
  let page: Page
  let folder: string
  let website: Server
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedoc-browser-'))
    await build(join(import.meta.dirname, '..'), { outDir: folder, config: 'test/support/browser.config.ts' })
    website = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<title>Reading room</title>'))
    await new Promise<void>((listening) => website.listen(0, '127.0.0.1', listening))
    const origin = `http://127.0.0.1:${(website.address() as AddressInfo).port}`
    archive = await startArchive({ corsOrigins: [origin] })
    // Chromium's sandbox does not start for root.
    browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
    page = await browser.newPage()
    await page.goto(origin)
    const bundle = (await readdir(folder)).find((name) => name.endsWith('.js')) ?? ''
    await page.addScriptTag({ type: 'module', content: await readFile(join(folder, bundle), 'utf8') })
    await page.waitForFunction('"createClient" in globalThis')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    website?.close()
    await archive?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('a file is uploaded with progress, becomes a document, and comes back as it was', async () => {
    const file = await twoPages()
    const answer = await page.evaluate(
      async ({ url, token, base64 }) => {
        const client = (globalThis as unknown as { createClient: typeof createClient }).createClient({ url, token })
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
        const { id } = await client.collections.create({ title: 'Letters' })
        const progress: number[] = []
        const document = await client.uploadDocument(new File([bytes], 'carta de 1784.pdf'), {
          collection_id: id,
          onProgress: ({ sentBytes }) => progress.push(sentBytes),
        })
        const { stream, name, digest } = await client.download(document)
        const back = new Uint8Array(await new Response(stream).arrayBuffer())
        const picture = await client.pageImage(document, { page: 1, width: 160 })
        return {
          title: document.title,
          pages: document.pages,
          sent: document.original.digest,
          last: progress.at(-1),
          name,
          digest,
          same: back.length === bytes.length && back.every((byte, at) => byte === bytes[at]),
          picture: picture.type,
        }
      },
      { url: archive.url, token: archive.token, base64: Buffer.from(file).toString('base64') },
    )
    const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`
    expect(answer).toEqual({
      title: 'carta de 1784.pdf',
      pages: 2,
      sent: digest,
      last: file.length,
      name: 'carta de 1784.pdf',
      digest,
      same: true,
      picture: 'image/jpeg',
    })
  })

  it('a stream goes on where the network broke', async () => {
    await using network = await breakingNetwork(archive.url, 10 * 2 ** 20)
    const base64 = Buffer.from(await twoPages()).toString('base64')
    const size = await page.evaluate(
      async ({ url, token, pdf }) => {
        const client = (globalThis as unknown as { createClient: typeof createClient }).createClient({ url, token })
        // Spaces behind the end of a PDF are allowed.
        const file = new Blob([Uint8Array.from(atob(pdf), (character) => character.charCodeAt(0)), new Uint8Array(12 * 2 ** 20).fill(0x20)])
        const { id } = await client.collections.create({ title: 'Streams' })
        const document = await client.uploadDocument(file.stream(), { size: file.size, filename: 'large.pdf', collection_id: id })
        return document.original.size - file.size
      },
      { url: network.url, token: archive.token, pdf: base64 },
    )
    expect(size).toBe(0)
    expect(network.cuts()).toBe(1)
  })

  it('a run is watched to its end, over a network that breaks, and its file is there', async () => {
    const { client } = archive
    const { id: collection_id } = await client.collections.create({ title: 'Runs' })
    const { id: document_id } = await client.uploadDocument(new Blob([await twoPages()]), { collection_id, title: 'A letter' })
    // A stream over it breaks when a few of its events are through.
    await using network = await cuttingNetwork(archive.url, [1200, 900])
    const answer = await page.evaluate(
      async ({ url, token, id }) => {
        const here = (globalThis as unknown as { createClient: typeof createClient }).createClient({ url, token })
        const definition = {
          version: 1 as const,
          steps: [{ use: 'document.pages' }, { use: 'image.grayscale' }],
          outputs: { 'page.png': 'image.grayscale' },
        }
        const run = here.run({ document_id: id }, definition)
        const seen: (number | undefined)[] = []
        for await (const event of run.events()) seen.push('seq' in event ? event.seq : undefined)
        const { outputs } = await run.result()
        const { stream } = await here.download(id, { output: outputs[0] })
        return {
          seen,
          outputs: outputs.length,
          bytes: (await new Response(stream).arrayBuffer()).byteLength,
          size: outputs[0]?.descriptor.size,
        }
      },
      { url: network.url, token: archive.token, id: document_id },
    )
    expect(network.cuts()).toBe(2)
    expect(answer.seen.length).toBeGreaterThan(5)
    expect(answer.seen).toEqual(answer.seen.map((_, index) => index + 1))
    expect(answer).toMatchObject({ outputs: 2, bytes: answer.size })
  })

  it('failures are the same errors', async () => {
    await using gone = await breakingNetwork(archive.url, 0)
    const codes = await page.evaluate(
      async ({ url, token, dead }) => {
        const { createClient: create } = globalThis as unknown as { createClient: typeof createClient }
        const client = create({ url, token })
        const codeOf = (work: Promise<unknown>) =>
          work.then(
            () => 'none',
            (error: { code?: string }) => error.code,
          )
        return Promise.all([
          codeOf(client.collections.get({ id: '0'.repeat(24) })),
          codeOf(create({ url }).collections.list({})),
          codeOf(client.upload(new Blob(['no document']))),
          codeOf(client.upload('page.pdf')),
          codeOf(create({ url: dead, retries: 0 }).stats()),
        ])
      },
      { url: archive.url, token: archive.token, dead: gone.url },
    )
    expect(codes).toEqual(['NOT_FOUND', 'UNAUTHENTICATED', 'UNSUPPORTED_MEDIA_TYPE', 'USAGE', 'SERVER_UNREACHABLE'])
  })
})
