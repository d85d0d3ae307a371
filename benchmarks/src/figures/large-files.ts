// What large files cost the built server in memory: readers that do not read, uploads with their checks, a download, and runs, of 500 MB each. Needs
// `pnpm build` and /proc; with the servers of `.ci/servers/up` a bucket is measured, too.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mutate, runEnded, type Session, startRun } from '../harness/archive.ts'
import { grownBy, type Peak } from '../harness/family-memory.ts'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { jpegPage } from '../harness/pages.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const MB = 1e6
const MIB = 1024 ** 2
const STALLED = 20
const STALLED_MS = 8000
const page = { seed: 3, width: 1200, height: 1600, dpi: 150, degradation: 'scan' } as const

/** A file that is made while it is sent. */
interface Content {
  readonly size: number
  pieces(): Generator<Uint8Array>
}

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const size = (quick ? 150 : 500) * MB
  const kinds = process.env['IMAGEDOC_TEST_S3_URL'] ? (['whole', 's3'] as const) : (['whole'] as const)
  const figures: Figure[] = []
  for (const kind of kinds) figures.push(...(await measureOn(kind, size)))
  return figures
}

async function measureOn(kind: 'whole' | 's3', size: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  process.env['IMAGEDOC_BENCH_S3_PREFIX'] = `bench-${randomUUID()}/`
  try {
    await using server = await startServer(kind, folder, { s3Presigned: false })
    const session = { url: server.url, token: await register(server) }
    const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'large' })
    const { jpeg } = await jpegPage(page)
    const send = (content: Content) => sendDocument(session, collection, content)
    // Everything is loaded, and the children are started.
    await inRun(session, await send(pdfOfNoise(20 * MB)))
    await read(session, await send(padded(jpeg, 2 * MIB)))
    const bytes = `${format(size / MB)} MB`
    const where = kind === 's3' ? 'in a bucket' : 'in files'
    const figure = (what: string, { own, all }: Peak): Figure =>
      atMost(
        `Server, ${where}: memory for ${what}`,
        { bound: 100, unit: 'MB' },
        { number: own / MB, detail: `${format(all / MB)} MB with its children` },
      )
    const stalled = await send(padded(jpeg, 60 * MIB))
    const figures = [
      figure(`${STALLED} readers of 60 MiB that do not read`, await grownBy(server.pid, () => readersThatDoNot(session, stalled))),
    ]
    const pdf = pdfOfNoise(size)
    let document = ''
    const sent = async (content: Content): Promise<void> => {
      document = await send(content)
    }
    figures.push(figure(`an image of ${bytes}, sent and checked`, await grownBy(server.pid, () => sent(padded(jpeg, size)))))
    figures.push(figure(`a PDF of ${bytes}, sent and checked`, await grownBy(server.pid, () => sent(pdf))))
    figures.push(figure(`a download of ${bytes}`, await grownBy(server.pid, () => read(session, document))))
    figures.push(figure(`a run over two pages of a PDF of ${bytes}`, await grownBy(server.pid, () => inRun(session, document))))
    const tiff = tiffOfNoise(size)
    const ofTiff = `a TIFF of ${bytes}, ${format(tiff.side ** 2 / 1e6)} MP of 16 bit`
    figures.push(figure(`${ofTiff}, sent and checked`, await grownBy(server.pid, () => sent(tiff))))
    const run = await grownBy(server.pid, () => inRun(session, document, '1'))
    figures.push(figure(`a run over ${ofTiff}`, run))
    figures.push(
      atMost(
        `Server and children, ${where}: memory for that run beyond the ${format((tiff.side ** 2 * 3) / MB)} MB of decoded pixels`,
        { bound: 100, unit: 'MB' },
        { number: (run.all - tiff.side ** 2 * 3) / MB, detail: `${format(run.all / MB)} MB in all` },
      ),
    )
    return figures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sendDocument(session: Session, collection_id: string, { size, pieces }: Content): Promise<string> {
  const headers = { Authorization: `Bearer ${session.token}`, 'Tus-Resumable': '1.0.0' }
  const created = await fetch(`${session.url}/uploads`, { method: 'POST', headers: { ...headers, 'Upload-Length': String(size) } })
  const location = created.headers.get('Location') ?? ''
  const sent = await fetch(new URL(location, session.url), {
    method: 'PATCH',
    headers: { ...headers, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' },
    body: ReadableStream.from(pieces()),
    duplex: 'half',
  } as RequestInit)
  if (!sent.ok) throw new Error(`upload: ${sent.status} ${await sent.text()}`)
  return (await mutate<{ id: string }>(session, 'documents.create', { collection_id, upload: location.split('/').at(-1) })).id
}

async function read({ url, token }: Session, document: string): Promise<void> {
  const response = await fetch(`${url}/documents/${document}/file`, { headers: { Authorization: `Bearer ${token}` } })
  let size = 0
  for await (const piece of response.body ?? []) size += piece.length
  if (!response.ok || size !== Number(response.headers.get('Content-Length')))
    throw new Error(`a download of ${size} bytes: ${response.status}`)
}

async function readersThatDoNot({ url, token }: Session, document: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const sockets = await Promise.all(
    Array.from(
      { length: STALLED },
      () =>
        new Promise<Socket>((done, failed) => {
          const socket = connect(Number(port), hostname, () => {
            socket.pause()
            socket.write(`GET /documents/${document}/file HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`)
            done(socket)
          })
          socket.once('error', failed)
        }),
    ),
  )
  await sleep(STALLED_MS)
  for (const socket of sockets) socket.destroy()
}

async function inRun(session: Session, document: string, pages = '1-2'): Promise<void> {
  const steps = [
    { use: 'document.pages', with: { pages, dpi: 72 } },
    { id: 'small', use: 'image.resize', with: { width: 200 } },
  ]
  const ended = await runEnded(session, await startRun(session, document, { version: 1, steps, outputs: { 'page.jpg': 'small' } }))
  if (ended.state !== 'done') throw new Error(ended.error?.message ?? ended.state)
}

/** A page, and behind its end, which no reader goes beyond, so much that the file has this size. */
function padded(jpeg: Uint8Array, size: number): Content {
  return {
    size,
    *pieces() {
      yield jpeg
      const filling = new Uint8Array(MIB).fill(7)
      for (let left = size - jpeg.length; left > 0; left -= MIB) yield filling.subarray(0, Math.min(left, MIB))
    },
  }
}

/** One page of RGB, 16 bit, not compressed, in strips of 64 rows. */
function tiffOfNoise(about: number): Content & { readonly side: number } {
  const [rows, bits, fields] = [64, 16, 10]
  const side = Math.floor(Math.sqrt((about - MIB) / 6))
  const stride = side * 6
  const strips = Math.ceil(side / rows)
  const values = 8 + 2 + fields * 12 + 4
  const data = values + 6 + strips * 8
  const head = Buffer.alloc(data)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(fields, 8)
  const entries = [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 3, values],
    [259, 3, 1, 1],
    [262, 3, 1, 2],
    [273, 4, strips, values + 6],
    [277, 3, 1, 3],
    [278, 4, 1, rows],
    [279, 4, strips, values + 6 + strips * 4],
    [284, 3, 1, 1],
  ] as const
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + index * 12
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(count, at + 4)
    head.writeUInt32LE(value, at + 8)
  }
  for (let sample = 0; sample < 3; sample++) head.writeUInt16LE(bits, values + sample * 2)
  for (let strip = 0; strip < strips; strip++) {
    head.writeUInt32LE(data + strip * rows * stride, values + 6 + strip * 4)
    head.writeUInt32LE(Math.min(rows, side - strip * rows) * stride, values + 6 + (strips + strip) * 4)
  }
  const noise = new Uint8Array(rows * stride).map((_, index) => (index * 2654435761) >>> 24)
  return {
    side,
    size: data + side * stride,
    *pieces() {
      yield head
      for (let row = 0; row < side; row += rows) yield noise.subarray(0, Math.min(rows, side - row) * stride)
    },
  }
}

/** Pages of 10 MB, each one grey image as it is. */
function pdfOfNoise(about: number): Content {
  const side = 3162
  const count = Math.round(about / side ** 2)
  const noise = new Uint8Array(side ** 2).map((_, index) => (index * 2654435761) >>> 24)
  const parts: (string | Uint8Array)[] = ['%PDF-1.7\n']
  let at = parts[0]?.length ?? 0
  const offsets: number[] = []
  const add = (...more: (string | Uint8Array)[]): void => {
    parts.push(...more)
    at += more.reduce((sum, part) => sum + part.length, 0)
  }
  const object = (...content: (string | Uint8Array)[]): void => {
    offsets.push(at)
    add(`${offsets.length} 0 obj\n`, ...content, '\nendobj\n')
  }
  const kids = Array.from({ length: count }, (_, index) => `${3 + 3 * index} 0 R`).join(' ')
  object('<< /Type /Catalog /Pages 2 0 R >>')
  object(`<< /Type /Pages /Kids [${kids}] /Count ${count} >>`)
  for (let index = 0; index < count; index++) {
    const number = 3 + 3 * index
    const image = `<< /Type /XObject /Subtype /Image /Width ${side} /Height ${side} /ColorSpace /DeviceGray /BitsPerComponent 8 /Length ${noise.length} >>`
    object(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 759 759] /Contents ${number + 1} 0 R /Resources << /XObject << /I ${number + 2} 0 R >> >> >>`,
    )
    object('<< /Length 26 >>\nstream\nq 759 0 0 759 0 0 cm /I Do\nendstream')
    object(`${image}\nstream\n`, noise, '\nendstream')
  }
  const table = at
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  add(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${rows}`)
  add(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
  return {
    size: at,
    *pieces() {
      for (const part of parts) yield typeof part === 'string' ? Buffer.from(part, 'latin1') : part
    },
  }
}
