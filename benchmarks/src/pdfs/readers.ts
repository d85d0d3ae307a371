import { execFile } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createImageDoc, fromFile } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import sharp from 'sharp'
import type { Drawing } from './compare.ts'

/** What a reader makes of a file: its pages, and for ours what it says about them. */
export interface Reading {
  /** A page that could not be drawn is undefined. */
  readonly pages: readonly (Drawing | undefined)[]
  readonly said: readonly string[]
  readonly refused?: string
}

/** Draws every page of a PDF. */
export interface PdfReader extends AsyncDisposable {
  readonly name: string
  read(path: string): Promise<Reading>
}

/** Of the drawings that are compared. */
export const DPI = 100
const MOST_PAGES = 20
/** Larger pages are compared smaller: one of 14,400 points has 400 Mpx. */
const LONGEST = 4000
const LIMIT_MS = 60_000
const run = promisify(execFile)

/** A command that writes one PNG a page; `arguments_` are given the file and the start of the pages' names. */
function command(name: string, folder: string, arguments_: (path: string, out: string) => string[]): PdfReader {
  return {
    name,
    async read(path) {
      const said: string[] = []
      await run(name, arguments_(path, join(folder, 'page')), { timeout: LIMIT_MS }).catch((error: Error) => said.push(error.message))
      const files = (await readdir(folder)).filter((file) => file.startsWith('page')).sort(byNumber)
      const pages: Drawing[] = []
      for (const file of files.slice(0, MOST_PAGES)) pages.push(await drawing(join(folder, file)))
      await Promise.all(files.map((file) => rm(join(folder, file))))
      return { pages, said: [], ...(pages.length === 0 ? { refused: said[0] ?? 'no pages' } : {}) }
    },
    async [Symbol.asyncDispose]() {},
  }
}

const numberIn = (file: string): number => Number(/(\d+)\.png$/.exec(file)?.[1])
const byNumber = (one: string, other: string): number => numberIn(one) - numberIn(other)

/** Poppler's. */
export const createPoppler = (folder: string): PdfReader =>
  command('pdftoppm', folder, (path, out) => ['-r', String(DPI), '-l', String(MOST_PAGES), '-cropbox', '-png', path, out])

/** MuPDF's. */
export const createMupdf = (folder: string): PdfReader =>
  command('mutool', folder, (path, out) => ['draw', '-q', '-r', String(DPI), '-c', 'rgb', '-o', `${out}-%d.png`, path, `1-${MOST_PAGES}`])

async function drawing(input: string | Uint8Array): Promise<Drawing> {
  const { data, info } = await sharp(input, { limitInputPixels: false })
    .resize(LONGEST, LONGEST, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: new Uint8Array(data) }
}

/** `document.pages`, through the pipeline that people use. */
export async function createOurs(): Promise<PdfReader> {
  const imagedoc = createImageDoc({ plugins: [image(), pdf()] })
  const pipeline = imagedoc.parse({
    version: 1,
    steps: [{ id: 'pages', use: 'document.pages', with: { dpi: DPI } }],
    outputs: { 'page.png': 'pages' },
  } as never)
  return {
    name: 'ours',
    async read(path) {
      try {
        const result = await imagedoc.run(pipeline, { input: fromFile(path) }, { cache: false })
        const [output] = Object.values(result.outputs)
        const pages: Drawing[] = []
        if (output) for await (const page of output) if (pages.length < MOST_PAGES) pages.push(await drawing(await page.bytes()))
        const failed = result.error === undefined ? {} : { refused: result.error.message }
        return { pages, said: result.diagnostics.map(({ code }) => code), ...failed }
      } catch (error) {
        return { pages: [], said: [], refused: error instanceof Error ? error.message : String(error) }
      }
    },
    [Symbol.asyncDispose]: () => imagedoc[Symbol.asyncDispose](),
  }
}
