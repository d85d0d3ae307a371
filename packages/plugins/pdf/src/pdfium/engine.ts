import type { Engine } from '@imagedoc/core'
import { openDocument, type PdfDocument } from './document.ts'
import { faceVersions } from './fonts.ts'
import { createRuntime, pdfiumVersion, type Runtime } from './heap.ts'

/** PDFium as operations use it. */
export interface Pdfium {
  /**
   * @param tmp gives a folder for a large document, for as long as it is open
   * @throws PASSWORD_REQUIRED, CORRUPT_INPUT, MEMORY_LIMIT
   */
  open(bytes: Uint8Array, tmp: () => string): Promise<PdfDocument>
}

/** PDFium in WebAssembly: reads every PDF codec and encryption, needs nothing installed. Loaded when the first document is opened. */
export const pdfiumEngine: Engine<Pdfium> = {
  id: 'pdfium',
  available: async () => ({ ok: true }),
  fingerprint: async () => ({ pdfium: await pdfiumVersion(), faces: await faceVersions() }),
  async open() {
    let runtime: Runtime | undefined
    return {
      async open(bytes, tmp) {
        if (runtime === undefined || runtime.broken) runtime = await createRuntime()
        return openDocument(runtime, bytes, tmp)
      },
      async [Symbol.asyncDispose]() {
        runtime = undefined
      },
    }
  },
}
