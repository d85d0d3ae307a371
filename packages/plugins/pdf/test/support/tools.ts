import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const installed = ['pdftotext', 'pdfimages', 'pdffonts', 'qpdf'].every((tool) => spawnSync(tool, ['--version']).error === undefined)

/** Poppler and qpdf are not installed here, and nothing demands them: tests that verify with them are skipped. */
export const skipTools: false | string =
  installed || process.env.IMAGEDOC_REQUIRE_DRIVERS === '1'
    ? false
    : 'pdftotext, pdfimages, pdffonts (poppler-utils) and qpdf are not all installed'

/** Gives `use` a folder with the document in it as `file.pdf`. */
function withFile<Value>(pdf: Uint8Array, use: (folder: string, file: string) => Value): Value {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-pdf-'))
  try {
    const file = join(folder, 'file.pdf')
    writeFileSync(file, pdf)
    return use(folder, file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A word as poppler finds it, in points from the top left. */
export interface FoundWord {
  text: string
  box: readonly [number, number, number, number]
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }

/** `pdftotext -bbox`, page by page. */
export function wordsOf(pdf: Uint8Array): FoundWord[][] {
  const html = withFile(pdf, (_folder, file) => execFileSync('pdftotext', ['-bbox', file, '-'], { encoding: 'utf8' }))
  return html
    .split('<page ')
    .slice(1)
    .map((page) =>
      [...page.matchAll(/<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)<\/word>/g)].map(
        ([, x0, y0, x1, y1, text]) => ({
          text: (text ?? '').replace(/&\w+;/g, (entity) => entities[entity] ?? entity),
          box: [Number(x0), Number(y0), Number(x1), Number(y1)] as const,
        }),
      ),
    )
}

/** `pdftotext -raw`: the words in the order in which they were written. */
export function textOf(pdf: Uint8Array): string {
  return withFile(pdf, (_folder, file) => execFileSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8' }))
}

/** The image files inside, as `pdfimages -all` takes them out, or with `-png` as pixels. */
export function imagesOf(pdf: Uint8Array, as = '-all'): { name: string; bytes: Uint8Array }[] {
  return withFile(pdf, (folder, file) => {
    execFileSync('pdfimages', [as, file, join(folder, 'image')])
    const names = readdirSync(folder).filter((name) => name.startsWith('image'))
    return names.sort().map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
  })
}

/** What `qpdf --check` complains of; empty when the file is in order. */
export function problemsOf(pdf: Uint8Array): string {
  return withFile(pdf, (_folder, file) => {
    const { status, stdout, stderr } = spawnSync('qpdf', ['--check', file], { encoding: 'utf8' })
    return status === 0 ? '' : `${stdout}${stderr}`
  })
}

/** The first page as poppler draws it at 72 dpi. */
export function drawnBy(pdf: Uint8Array): { width: number; height: number; at(x: number, y: number): number[] } {
  const file = withFile(pdf, (_folder, path) =>
    execFileSync('pdftoppm', ['-r', '72', '-f', '1', '-l', '1', path], { maxBuffer: 64 * 1024 ** 2 }),
  )
  const [head = '', width = 0, height = 0] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString('latin1', 0, 64)) ?? []
  const data = file.subarray(head.length)
  return { width: Number(width), height: Number(height), at: (x, y) => [...data.subarray((y * Number(width) + x) * 3).subarray(0, 3)] }
}

/** How far apart two colours are in the channel that differs most. */
export function apart(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))))
}
