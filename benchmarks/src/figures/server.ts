// The built server in a process of its own: how fast it is ready, how much memory it takes idle and under uploads, what a call costs.
// Needs `pnpm build`, and /proc.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { median } from '../harness/interleave.ts'
import { cpuOf, memoryOf } from '../harness/process.ts'
import { assertBuilt, post, type RunningServer, register, startServer } from '../harness/server.ts'

const MB = 1e6

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  return [...(await measureStart(quick ? 2 : 7)), await measureCall(quick), ...(await measureUploads(quick ? 5 : 50))]
}

async function measureStart(rounds: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using first = await startServer('whole', folder)
    await first[Symbol.asyncDispose]()
    const ready: number[] = []
    let idle = 0
    for (let round = 0; round < rounds; round++) {
      await using server = await startServer('whole', folder)
      ready.push(server.readyMs)
      if (round === rounds - 1) {
        await sleep(5000)
        idle = memoryOf(server.pid, 'VmRSS')
      }
    }
    return [
      atMost(
        'Server: from the start of the process to ready, warm',
        { bound: 2, unit: 's' },
        { number: median(ready) / 1000, detail: `median of ${rounds}` },
      ),
      atMost('Server: RSS idle, 5 s after its start', { bound: 150, unit: 'MB' }, { number: idle / MB }),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** CPU of the server process for the same number of requests, in turns. */
async function measureCall(quick: boolean): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  const count = quick ? 100 : 900
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  try {
    await using bare = await startServer('bare', folder)
    await using server = await startServer('whole', folder)
    const token = await register(server)
    const calls = {
      bare: () => many(count, () => get(agent, `${bare.url}/`)),
      procedure: () => many(count, () => get(agent, `${server.url}/trpc/auth.me`, token)),
    }
    await calls.bare()
    await calls.procedure()
    const spent = { bare: [] as number[], procedure: [] as number[] }
    for (let round = 0; round < 5; round++) {
      spent.bare.push(await cpuOf(bare.pid, calls.bare))
      spent.procedure.push(await cpuOf(server.pid, calls.procedure))
    }
    const micros = (values: number[]): number => (values.reduce((sum, value) => sum + value, 0) / values.length / count) * 1e6
    const detail = `${format(micros(spent.procedure))} us against ${format(micros(spent.bare))} us a request, ${count * 5} requests each`
    return atMost(
      'Server: `auth.me` with token, limits and metrics: CPU against a bare route of Hono',
      { bound: 8, unit: 'x' },
      { number: micros(spent.procedure) / micros(spent.bare), detail },
    )
  } finally {
    agent.destroy()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureUploads(count: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder)
    const token = await register(server)
    const { data } = (await post(server, 'collections.create', { body: { title: 'uploads' }, token })) as { data: { id: string } }
    const file = await noise()
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, index) => upload(server, { token, collection: data.id, bytes: variant(file, index) })),
    )
    const right = outcomes.filter(({ right }) => right).length
    const faults = outcomes.reduce((sum, { faults }) => sum + faults, 0)
    const size = `${count} of ${Math.round(file.length / MB)} MB at once`
    return [
      atMost(`Server: peak RSS during uploads, ${size}`, { bound: 400, unit: 'MB' }, { number: memoryOf(server.pid, 'VmHWM') / MB }),
      {
        what: `Server: uploads with the right digest, ${size}`,
        target: 'all, no 5xx',
        measured: `${right} of ${count}; ${faults} answers of 500 or above`,
        met: right === count && faults === 0,
      },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** An image that no compression helps with. */
async function noise(): Promise<Buffer> {
  const side = 2582
  return sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .tiff({ compression: 'none' })
    .toBuffer()
}

/** Another image of the same size: a few pixels in its middle differ. */
function variant(file: Buffer, index: number): Buffer {
  const copy = Buffer.from(file)
  copy.writeUInt32BE(index, Math.floor(copy.length / 2))
  return copy
}

async function upload(
  { url }: RunningServer,
  { token, collection, bytes }: { token: string; collection: string; bytes: Buffer },
): Promise<{ right: boolean; faults: number }> {
  let faults = 0
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { Authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) }
    const response = await fetch(new URL(path, url), { ...init, headers })
    if (response.status >= 500) faults++
    return response
  }
  const tus = { 'Tus-Resumable': '1.0.0' }
  const created = await send('/uploads', { method: 'POST', headers: { ...tus, 'Upload-Length': String(bytes.length) } })
  const location = created.headers.get('Location') ?? ''
  const type = { 'Content-Type': 'application/offset+octet-stream' }
  const sent = await send(location, {
    method: 'PATCH',
    headers: { ...tus, ...type, 'Upload-Offset': '0' },
    body: bytes as Uint8Array<ArrayBuffer>,
  })
  if (!sent.ok) return { right: false, faults }
  const body = JSON.stringify({ collection_id: collection, upload: location.split('/').at(-1) })
  const made = await send('/trpc/documents.create', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  const { result } = (await made.json()) as { result?: { data: { file_url: string } } }
  const file = result ? await send(result.data.file_url, {}) : undefined
  const digest = createHash('sha256')
  for await (const chunk of file?.body ?? []) digest.update(chunk)
  return { right: digest.digest('hex') === createHash('sha256').update(bytes).digest('hex'), faults }
}

async function many(count: number, call: () => Promise<void>): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left-- > 0) await call()
    }),
  )
}

function get(agent: Agent, url: string, token?: string): Promise<void> {
  return new Promise((done, failed) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    request(url, { agent, headers }, (response) => {
      response.resume()
      response.on('end', () => (response.statusCode === 200 ? done() : failed(new Error(`${url}: ${response.statusCode}`))))
    })
      .on('error', failed)
      .end()
  })
}
