import type { Encoded, Engine } from '@imagedoc/core'
import { openDocument } from './document.ts'
import { faceVersions } from './fonts.ts'
import { createRuntime, pdfiumVersion, type Runtime } from './heap.ts'
import type { PdfDocument } from './pdf-document.ts'

/** PDFium as operations use it. */
export interface Pdfium {
  /**
   * @param tmp gives a folder for a large document, for as long as it is open
   * @param options.forms false: forms are neither drawn nor looked at, which takes long where they have many fields. @default true
   * @throws PASSWORD_REQUIRED, CORRUPT_INPUT, MEMORY_LIMIT
   */
  open(input: Encoded, tmp: () => string, options?: { forms?: boolean }): Promise<PdfDocument>
}

/** PDFium in WebAssembly: reads every PDF codec and encryption, needs nothing installed. Loaded when the first document is opened. */
export const pdfiumEngine: Engine<Pdfium> = {
  id: 'pdfium',
  available: async () => ({ ok: true }),
  fingerprint: async () => ({ pdfium: await pdfiumVersion(), faces: await faceVersions() }),
  async open() {
    let runtime: Runtime | undefined
    return {
      async open(input, tmp, options) {
        if (runtime === undefined || runtime.broken) runtime = await createRuntime()
        return openDocument(runtime, input, { ...options, tmp })
      },
      async [Symbol.asyncDispose]() {
        runtime = undefined
      },
    }
  },
}
