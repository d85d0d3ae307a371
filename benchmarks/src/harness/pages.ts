import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FixturePage, type PageOptions, renderPage, scannedPdf } from '@imagedoc/fixtures'
import sharp from 'sharp'

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

/** Pages of which no two have the same pixels, though only `distinct` of them were rendered: each bears its number below the text. */
export async function jpegPages(count: number, options: PageOptions & { distinct?: number }): Promise<Uint8Array[]> {
  const { distinct = 8, ...page } = options
  const pages: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    pages.push(await numbered(await jpegPage({ ...page, seed: `${page.seed} ${index % distinct}` }), index))
  }
  return pages
}

/** Those pages as one scanned PDF, each JPEG as it is. */
export async function pdfOf(jpegs: readonly Uint8Array[], size: { width: number; height: number; dpi: number }): Promise<Uint8Array> {
  return scannedPdf(jpegs.map((jpeg) => ({ ...size, jpeg: async () => jpeg }) as FixturePage))
}

/** The page with a number in sixteen squares of a millimetre at its foot, as black and white bits. */
export async function numbered({ jpeg, path }: { jpeg: Uint8Array; path: string }, number: number): Promise<Uint8Array> {
  const kept = `${path}.${number}.jpg`
  if (existsSync(kept)) return readFile(kept)
  const { width = 0, height = 0, density = 72 } = await sharp(jpeg).metadata()
  const side = Math.max(4, Math.round(density / 25.4))
  const bit = (index: number): { r: number; g: number; b: number } => {
    const value = (number >> index) & 1 ? 20 : 235
    return { r: value, g: value, b: value }
  }
  const squares = Array.from({ length: 16 }, (_, index) => ({
    input: { create: { width: side, height: side, channels: 3 as const, background: bit(index) } },
    left: Math.round(width * 0.2) + index * side,
    top: Math.round(height * 0.95),
  }))
  const grey = (await sharp(jpeg).metadata()).channels === 1
  const marked = sharp(jpeg).composite(squares).withDensity(density).jpeg({ quality: 85 })
  const bytes = await (grey ? marked.toColourspace('b-w') : marked).toBuffer()
  await writeFile(kept, bytes)
  return bytes
}
