import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Engine } from '@imagedoc/core'

/** The PDF writer: pdf-lib's maintained fork, which has the same interface. */
export type PdfLib = typeof import('@cantoo/pdf-lib')

const require = createRequire(import.meta.url)

/** Loaded when the first document is written, because importing it takes longer than writing a page. */
export const pdfLibEngine: Engine<{ readonly lib: PdfLib }> = {
  id: 'pdf-lib',
  available: async () => ({ ok: true }),
  async fingerprint() {
    const entry = require.resolve('@cantoo/pdf-lib')
    const manifest = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }
    return { pdfLib: manifest.version }
  },
  async open() {
    const lib = await import('@cantoo/pdf-lib')
    return { lib, [Symbol.asyncDispose]: async () => undefined }
  },
}
