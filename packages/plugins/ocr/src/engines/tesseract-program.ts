import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** For this long an answer of the program about itself is believed: plans ask often, and asking takes two processes. */
const BELIEVED_MS = 30_000
/** Where packages put the data, for versions (4.x) whose list does not name the folder. */
const usualFolders = [
  '/usr/share/tesseract-ocr/4.00/tessdata',
  '/usr/share/tessdata',
  '/usr/local/share/tessdata',
  '/opt/homebrew/share/tessdata',
]

/** The native program as it is installed. */
export interface TesseractProgram {
  /** Such as `tesseract 5.3.0, leptonica-1.82.0`. */
  readonly version: string
  /** Folders with its language data, the most likely first. */
  readonly folders: readonly string[]
}

/** Asks the program for its version and its data; undefined when it does not run. */
export function createProbe(path: string): () => Promise<TesseractProgram | undefined> {
  let known: { at: number; program: Promise<TesseractProgram | undefined> } | undefined
  return () => {
    if (!known || Date.now() - known.at > BELIEVED_MS) known = { at: Date.now(), program: probe(path) }
    return known.program
  }
}

async function probe(path: string): Promise<TesseractProgram | undefined> {
  try {
    const [versions, list] = await Promise.all([ask(path, '--version'), ask(path, '--list-langs')])
    const [tesseract = '', leptonica = ''] = versions.split('\n')
    if (!/^tesseract /.test(tesseract)) return undefined
    const named = /"([^"]+)"/.exec(list.split('\n')[0] ?? '')?.[1]
    const prefix = process.env['TESSDATA_PREFIX']
    return {
      version: `${tesseract.trim()}, ${leptonica.trim()}`,
      folders: named ? [named] : [...(prefix ? [prefix] : []), ...usualFolders],
    }
  } catch {
    return undefined
  }
}

/** Version 4 writes these answers to its error output. */
async function ask(path: string, question: string): Promise<string> {
  const { stdout, stderr } = await run(path, [question], { timeout: 10_000 })
  return stdout || stderr
}
