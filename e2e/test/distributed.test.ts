import { type Client, createClient } from '@imagedoc/client'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, missingServers, openInstallation, type Running, type Servers, shareServers } from '../src/installation.ts'

const isRequired = process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1'
const missing = missingServers.length > 0 ? `skipped: .ci/servers/up starts servers and prints ${missingServers.join(', ')}` : undefined
if (isRequired && missing) it('has servers to test with', () => expect.fail(missing))

/** A document of pages with text on them, small enough that a page is quick. */
async function pages(count: number, seed: number): Promise<Blob> {
  const rendered = await Promise.all(
    Array.from({ length: count }, (_, index) => renderPage({ seed: seed + index, width: 700, height: 900 })),
  )
  return new Blob([new Uint8Array(await scannedPdf(rendered))])
}

const password = 'a long enough password'

async function firstManager({ url, setupToken }: Running): Promise<string> {
  const account = { username: 'ana', email: 'ana@example.org', password, setupToken }
  return (await createClient({ url }).auth.register(account)).token
}

/** What a user does, the first half at one server and the second at another, which may be the same. */
async function wholeFlow(one: Client, other: Client): Promise<void> {
  const { id: collection_id } = await one.collections.create({ title: 'Letters' })
  const file = await pages(2, 1)
  const document = await one.uploadDocument(file, { collection_id, title: 'A letter' })
  const pipeline = other.pipeline().step('document.pages').step('ocr.recognize').step('ocr.text').outputs({ 'page.txt': 'ocr.text' })
  const run = other.run({ document_id: document.id }, pipeline)
  const [events, followed, { outputs }] = await Promise.all([
    typesOf(run.events()),
    typesOf(one.attach(await run.id).events()),
    run.result(),
  ])
  expect(events.at(0)).toBe('run-started')
  expect(events.at(-1)).toBe('run-ended')
  expect(followed.at(-1)).toBe('run-ended')
  const texts = await Promise.all(outputs.map(async (output) => new Response((await one.download(document, { output })).stream).text()))
  const word = texts.join(' ').match(/\p{L}{6,}/u)?.[0] ?? ''
  expect(word).not.toBe('')
  await expect.poll(async () => (await one.search({ text: word })).items.length, { timeout: 10_000 }).toBeGreaterThan(0)
  const preview = await other.preview(document, { page: 1, steps: [{ use: 'image.grayscale' }], width: 200 })
  expect(preview.size).toBeGreaterThan(500)
  const original = await other.download(document)
  expect(new Uint8Array(await new Response(original.stream).arrayBuffer())).toEqual(new Uint8Array(await file.arrayBuffer()))
}

async function typesOf(events: AsyncIterable<{ type: string }>): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of events) types.push(type)
  return types
}

describe('an installation in one folder', () => {
  it('takes a document from its upload to its words, a preview and its file', async () => {
    await using installation = await openInstallation()
    const server = await installation.serve()
    const client = createClient({ url: server.url, token: await firstManager(server) })
    await wholeFlow(client, client)
  }, 120_000)
})

describe.skipIf(missing)(missing ?? 'an installation of two servers and two workers on MongoDB, Redis and S3', () => {
  let servers: Servers
  let installation: Installation
  let api: [Running, Running]
  let workers: Running[]
  let token: string
  let collection_id: string
  let document_id: string
  const at = ({ url }: Running): Client => createClient({ url, token })

  beforeAll(async () => {
    servers = await shareServers()
    installation = await openInstallation(servers.variables)
    expect(await installation.command('migrate')).toContain('up to date')
    const first = await installation.serve()
    const [second, ...rest] = await Promise.all([installation.serve(), installation.work(), installation.work()])
    api = [first, second]
    workers = rest
    // As long as there is no user each start makes a new one, and only the last is good.
    token = await firstManager(second)
    const client = at(first)
    collection_id = (await client.collections.create({ title: 'Books' })).id
    document_id = (await client.uploadDocument(await pages(8, 100), { collection_id, title: 'A book' })).id
  }, 120_000)
  afterAll(async () => {
    await installation?.[Symbol.asyncDispose]()
    await servers?.[Symbol.asyncDispose]()
  })

  /** A run of which every page takes a while, and that no cache knows. */
  let different = 0
  const begin = async (client: Client, { page = 800 } = {}) => {
    const pipeline = client
      .pipeline()
      .step('document.pages')
      .step('slow.wait', { ms: page + ++different })
      .outputs({ 'page.png': 'slow.wait' })
    const run = client.run({ document_id }, pipeline)
    // A run that has ended already is in the middle of nothing.
    for await (const event of run.events()) if (event.type === 'page-done' && event.step === 'slow.wait') return run.id
    return expect.fail('no page of the run was seen to be done')
  }
  const ended = async (id: string, { timeout = 40_000, client = at(api[1]) } = {}) => {
    await expect.poll(async () => (await client.runs.get({ id })).ended_at, { timeout, interval: 200 }).not.toBeNull()
    return client.runs.get({ id })
  }
  const expectOneResult = async (id: string): Promise<void> => {
    const run = await ended(id)
    expect(run).toMatchObject({ state: 'done', error: null, pages: { done: 8, failed: 0 } })
    const { items } = await at(api[1]).documents.versions.list({ id: document_id })
    expect(items.filter(({ number }) => number === run.result_version)).toHaveLength(1)
  }

  it('takes a document from its upload at one to its words, a preview and its file at the other', async () => {
    await wholeFlow(at(api[0]), at(api[1]))
  }, 60_000)

  it('says that every server can be used, with its version, and no secret', async () => {
    const { ok, checks } = JSON.parse(await installation.command('doctor', '--json')) as {
      ok: boolean
      checks: { area: string; name: string; message: string }[]
    }
    expect(ok).toBe(true)
    const found = checks.filter(({ area }) => area === 'servers')
    expect(found.map(({ name }) => name)).toEqual(['IMAGEDOC_MONGODB_URL', 'IMAGEDOC_REDIS_URL', 'IMAGEDOC_S3_BUCKET', 'workers'])
    expect(found.map(({ message }) => message).join()).toMatch(/FerretDB|MongoDB.*Redis|Valkey.*ms/)
    expect(JSON.stringify(checks)).not.toContain(servers.variables['IMAGEDOC_S3_SECRET_KEY'])
  }, 60_000)

  it('finishes a run whose worker is killed in the middle, once', async () => {
    const id = await begin(at(api[0]))
    workers[0]?.child.kill('SIGKILL')
    await expectOneResult(id)
    workers[0] = await installation.work()
  }, 60_000)

  it('finishes a run in whose middle Redis is erased', async () => {
    const id = await begin(at(api[0]))
    await servers.eraseRedis()
    await expectOneResult(id)
  }, 60_000)

  it('finishes a run whose worker is told to stop: it ends with 0, and what it had not done another does', async () => {
    const id = await begin(at(api[0]))
    workers[0]?.child.kill('SIGTERM')
    expect(await workers[0]?.ended).toBe(0)
    await expectOneResult(id)
  }, 60_000)

  it('finishes the runs of a server that is killed: another takes them over within 15 s', async () => {
    const ids = await Promise.all([begin(at(api[0])), begin(at(api[0]))])
    const before = await Promise.all(ids.map((id) => at(api[1]).runs.get({ id })))
    api[0].child.kill('SIGKILL')
    const killedAt = performance.now()
    const isTaken = async (): Promise<boolean> => {
      const runs = await Promise.all(ids.map((id) => at(api[1]).runs.get({ id })))
      return runs.every(({ attempt, ended_at }, index) => ended_at !== null || attempt > (before[index]?.attempt ?? 0))
    }
    await expect.poll(isTaken, { timeout: 15_000, interval: 200 }).toBe(true)
    expect(performance.now() - killedAt).toBeLessThan(15_000)
    for (const id of ids) await expectOneResult(id)
  }, 90_000)

  it('tidies up beside the servers, and finds nothing that is still young', async () => {
    const counted = JSON.parse(await installation.command('gc', '--dry-run', '--json')) as Record<string, unknown>
    expect(counted).toMatchObject({ dry_run: true, blobs: 0, cachedBlobs: 0 })
  }, 30_000)

  it('works without workers when a server is told to be one, too', async () => {
    api[0] = await installation.serve('--with-worker')
    const gone = workers.filter(({ child }) => child.exitCode === null && child.signalCode === null)
    for (const { child } of gone) child.kill('SIGTERM')
    expect(await Promise.all(gone.map(({ ended: code }) => code))).toEqual(gone.map(() => 0))
    await expectOneResult(await begin(at(api[1]), { page: 100 }))
  }, 60_000)

  it('ends within 30 s when it is told to stop', async () => {
    for (const { child } of api) child.kill('SIGTERM')
    expect(await Promise.all(api.map(({ ended: code }) => code))).toEqual([0, 0])
  }, 40_000)
})
