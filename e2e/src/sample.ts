import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { multiPageTiff, type PageOptions, renderPage, scannedPdf } from '@imagedoc/fixtures'

/** `sample.json`. */
export interface Sample {
  /** One sentence: what the sample shows. */
  shows: string
  /** Files to make, by path. */
  inputs: Record<string, InputFile>
  /** Arguments behind `imagedoc run pipeline.json … -o out`. */
  args: string[]
  expect: {
    exit: number
    /** The summary's status, by input. */
    status: Record<string, string>
    /** Every file below `out`, receipts left out. */
    files: string[]
    /** Words that stand in these files. */
    contains?: Record<string, string[]>
    /** The code of the summary's error, by input. */
    errors?: Record<string, string>
    /** Codes of the receipt's warnings, by input; the same when the same is run again, and kept results are shown. @default none */
    warnings?: Record<string, string[]>
    /** How each step of the first input comes out when the same is run again. */
    again?: Record<string, 'hit' | 'miss' | 'mixed' | 'unused'>
  }
}

/** A file of generated pages, or one cut short. */
export interface InputFile {
  as: 'png' | 'jpeg' | 'tiff' | 'pdf'
  pages: PageOptions[]
  /** Only this part of its bytes, 0 to 1. */
  cutTo?: number
  /** With `tiff`: the dots per inch that it claims. @default those that it has */
  claims?: number
}

/** Makes a sample's files. */
export async function makeInputs(sample: Sample, folder: string): Promise<void> {
  for (const [path, file] of Object.entries(sample.inputs)) {
    const bytes = await makeFile(file)
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), file.cutTo === undefined ? bytes : bytes.subarray(0, Math.round(bytes.length * file.cutTo)))
  }
}

async function makeFile({ as, pages, claims }: InputFile): Promise<Uint8Array> {
  const rendered = await Promise.all(pages.map((page) => renderPage({ dpi: 150, width: 900, height: 1200, degradation: 'light', ...page })))
  const [first] = rendered
  if (!first) throw new Error('A file needs a page.')
  if (as === 'pdf') return scannedPdf(rendered)
  if (as === 'tiff') return multiPageTiff(claims === undefined ? rendered : rendered.map((page) => ({ ...page, dpi: claims })))
  return as === 'png' ? first.png() : first.jpeg()
}
