import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FixturePage, type PageOptions, renderPage, scannedPdf } from '@imagedoc/fixtures'

/** Made pages are kept between scripts of one machine: making an A4 page takes seconds. */
const folder = join(tmpdir(), 'imagedoc-benchmark-pages')

/** The JPEG of a made page, and its truth's text. */
export async function jpegPage(options: PageOptions): Promise<{ jpeg: Uint8Array; text: string; path: string }> {
  const name = Object.values(options)
    .join('-')
    .replace(/[^\w.-]/g, '_')
  const path = join(folder, `${name}.jpg`)
  if (!existsSync(path) || !existsSync(`${path}.txt`)) {
    await mkdir(folder, { recursive: true })
    const page = await renderPage(options)
    await writeFile(path, await page.jpeg())
    await writeFile(`${path}.txt`, page.truth.text)
  }
  return { jpeg: await readFile(path), text: await readFile(`${path}.txt`, 'utf8'), path }
}

/** An A4 page at 300 dpi as a scanner gives it. */
export const a4: PageOptions = { seed: 1, dpi: 300, degradation: 'scan' }

/** Pages that are all different files, though only `distinct` of them were rendered: a comment in each says which it is. */
export async function jpegPages(count: number, options: PageOptions & { distinct?: number }): Promise<Uint8Array[]> {
  const { distinct = 8, ...page } = options
  const rendered: Uint8Array[] = []
  for (let seed = 0; seed < Math.min(count, distinct); seed++)
    rendered.push((await jpegPage({ ...page, seed: `${page.seed} ${seed}` })).jpeg)
  return Array.from({ length: count }, (_, index) => numbered(rendered[index % rendered.length] as Uint8Array, index))
}

/** Those pages as one scanned PDF, each JPEG as it is. */
export async function pdfOf(jpegs: readonly Uint8Array[], size: { width: number; height: number; dpi: number }): Promise<Uint8Array> {
  return scannedPdf(jpegs.map((jpeg) => ({ ...size, jpeg: async () => jpeg }) as FixturePage))
}

/** A comment (COM, ITU-T T.81, B.2.4.5) behind the start of the image. */
export function numbered(jpeg: Uint8Array, index: number | string): Uint8Array {
  const text = Buffer.from(`page ${index}`)
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text])
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)])
}
