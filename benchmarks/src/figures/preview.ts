// A person moves a slider: previews of one page of 12 MP at 1 MP, each with another brightness, from a server in a process of its own.
// Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { jpegPage } from '../harness/pages.ts'
import { assertBuilt, post, type RunningServer, register, startServer } from '../harness/server.ts'

const page = { seed: 12, width: 3000, height: 4000, dpi: 300, degradation: 'scan' } as const

interface Slider {
  /** Milliseconds until the whole image is here. */
  move(brightness: number): Promise<number>
}

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder)
    const slider = await openSlider(server)
    // The page is made smaller, and the child that works on it is started.
    const first = await slider.move(1)
    const rounds = quick ? 20 : 300
    for (let round = 0; round < rounds / 10; round++) await slider.move(0.5 + round / 1000)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await slider.move(0.8 + round / 1000))
    return figures(first, times)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function figures(first: number, times: readonly number[]): Figure[] {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  const what = 'Preview of a change of brightness, page of 12 MP at 1 MP'
  const detail = `${times.length} values, one after the other; the first preview of the page took ${format(first)} ms`
  return [
    atMost(`${what}: median`, { bound: 60, unit: 'ms' }, { number: at(0.5), detail }),
    atMost(
      `${what}: 95th of 100`,
      { bound: 150, unit: 'ms' },
      { number: at(0.95), detail: `the slowest ${format(sorted.at(-1) ?? 0)} ms` },
    ),
  ]
}

async function openSlider(server: RunningServer): Promise<Slider> {
  const token = await register(server)
  const document = await upload(server, token, (await jpegPage(page)).jpeg)
  const address = `${server.url}/documents/${document}/pages/1/preview`
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return {
    async move(brightness) {
      const steps = [{ use: 'image.adjust', with: { brightness } }]
      const started = performance.now()
      const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify({ steps, client: 'bench' }) })
      const image = await response.arrayBuffer()
      if (!response.ok) throw new Error(`${response.status}: ${new TextDecoder().decode(image)}`)
      return performance.now() - started
    },
  }
}

/** Gives the document's id. */
async function upload(server: RunningServer, token: string, bytes: Uint8Array): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' }
  const created = await fetch(`${server.url}/uploads`, { method: 'POST', headers: { ...headers, 'Upload-Length': String(bytes.length) } })
  const location = new URL(created.headers.get('Location') ?? '', server.url)
  await fetch(location, {
    method: 'PATCH',
    headers: { ...headers, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
    body: bytes as Uint8Array<ArrayBuffer>,
  })
  const collection = (await post(server, 'collections.create', { body: { title: 'preview' }, token })) as { data: { id: string } }
  const body = { collection_id: collection.data.id, upload: location.pathname.split('/').at(-1) }
  return ((await post(server, 'documents.create', { body, token })) as { data: { id: string } }).data.id
}
