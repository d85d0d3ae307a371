import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Reader } from './reader.ts'

const run = promisify(execFile)

/** The base line: native tesseract on the untouched page, as the corpus's own table was made (PSM 3, 300 dpi, one thread). */
export function createTesseractReader(languages: string): Reader {
  return {
    name: 'native tesseract',
    async read(path) {
      const options = { env: { ...process.env, OMP_THREAD_LIMIT: '1' }, maxBuffer: 64 * 1024 * 1024 }
      const { stdout } = await run('tesseract', [path, '-', '-l', languages, '--psm', '3', '--dpi', '300'], options)
      return stdout
    },
    async [Symbol.asyncDispose]() {},
  }
}
