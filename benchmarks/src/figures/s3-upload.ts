// A large file by tus into the parts of an S3 bucket: how much memory the server takes for it, until the file is checked and a blob.
// Needs `pnpm build`, /proc, and an S3 server: `set -a; source <(.ci/servers/up); set +a`.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createS3Connection } from '@imagedoc/server'
import { atMost, format, type Measure } from '../harness/figure.ts'
import { jpegPage } from '../harness/pages.ts'
import { memoryOf } from '../harness/process.ts'
import { assertBuilt, type RunningServer, register, startServer } from '../harness/server.ts'

const MIB = 1024 ** 2
const MB = 1e6
const page = { seed: 3, width: 1200, height: 1600, dpi: 150, degradation: 'scan' } as const
const { IMAGEDOC_TEST_S3_URL: endpoint, IMAGEDOC_TEST_S3_BUCKET: bucket = '' } = process.env

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  if (!endpoint) throw new Error('there is no S3 server: set -a; source <(.ci/servers/up); set +a')
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  const prefix = `bench-${randomUUID()}/`
  process.env['IMAGEDOC_BENCH_S3_PREFIX'] = prefix
  try {
    await using server = await startServer('s3', folder)
    const token = await register(server)
    const { jpeg } = await jpegPage(page)
    const ready = memoryOf(server.pid, 'VmRSS')
    // The SDK is loaded, and the child that checks is started.
    await upload(server, { token, jpeg, size: jpeg.length })
    const before = memoryOf(server.pid, 'VmRSS')
    await resetPeak(server.pid)
    const size = (quick ? 200 : 1000) * MB
    const started = performance.now()
    let whenSent = 0
    const sent = (): void => {
      whenSent = memoryOf(server.pid, 'VmHWM')
    }
    await upload(server, { token, jpeg, size, sent })
    const seconds = (performance.now() - started) / 1000
    const peak = memoryOf(server.pid, 'VmHWM')
    const began = `${format(before / MB)} MB after a first one of a page, ${format(ready / MB)} MB before that`
    const sending = `${format((whenSent - before) / MB)} MB when the last byte was sent`
    const detail = `${sending}; ${began}; ${format(size / MB / seconds)} MB/s with check and copy`
    const what = `S3: RSS of the server at its highest above what it had, ${format(size / MB)} MB by tus into the parts of a bucket`
    return [atMost(what, { bound: 100, unit: 'MB' }, { number: (peak - before) / MB, detail })]
  } finally {
    await empty(prefix)
    await rm(folder, { recursive: true, force: true })
  }
}

interface Sending {
  readonly token: string
  readonly jpeg: Uint8Array
  readonly size: number
  /** Called when the last byte was taken from here. */
  readonly sent?: () => void
}

/** A page, and behind its end, which no reader goes beyond, so much that the file has this size. @throws when it is refused */
async function upload({ url }: RunningServer, { token, jpeg, size, sent: done }: Sending): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' }
  const created = await fetch(`${url}/uploads`, { method: 'POST', headers: { ...headers, 'Upload-Length': String(size) } })
  const sent = await fetch(new URL(created.headers.get('Location') ?? '', url), {
    method: 'PATCH',
    headers: { ...headers, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' },
    body: ReadableStream.from(pieces(jpeg, size, done)),
    duplex: 'half',
  } as RequestInit)
  if (sent.status !== 204) throw new Error(`the upload of ${size} bytes was answered with ${sent.status}: ${await sent.text()}`)
}

function* pieces(jpeg: Uint8Array, size: number, done: () => void = () => {}): Generator<Uint8Array> {
  yield jpeg
  const filling = new Uint8Array(MIB).fill(7)
  for (let left = size - jpeg.length; left > 0; left -= MIB) yield filling.subarray(0, Math.min(left, MIB))
  done()
}

/** proc(5), clear_refs: 5 makes what it has now its highest. */
async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

async function empty(prefix: string): Promise<void> {
  const credentials = {
    accessKeyId: process.env['IMAGEDOC_TEST_S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['IMAGEDOC_TEST_S3_SECRET_KEY'] ?? '',
  }
  await using connection = createS3Connection({ endpoint, bucket, credentials })
  const client = await connection.client()
  const { Contents = [] } = await client.listObjectsV2({ Bucket: bucket, Prefix: prefix })
  for (const { Key } of Contents) await client.deleteObject({ Bucket: bucket, Key })
}
