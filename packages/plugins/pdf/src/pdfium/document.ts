import { type Diagnostic, ImageDocError, isImageDocError } from '@imagedoc/core'
import { type Form, openForm } from './form.ts'
import { guarded, type Runtime } from './heap.ts'
import { repair } from './repair.ts'

/** An open PDF. */
export interface PdfDocument {
  readonly runtime: Runtime
  readonly pages: number
  /**
   * The file as PDFium reads it, the input's own bytes or the repaired ones. They lie in PDFium's memory, and only there: valid until the next call
   * of anything.
   */
  file(): Uint8Array
  readonly repaired: boolean
  readonly form: Form
  readonly diagnostics: readonly Diagnostic[]
  /** Gives page `index` (from 0) to `read` and closes it afterwards. @throws CORRUPT_INPUT, ENGINE_FAILED */
  withPage<Value>(index: number, read: (page: number) => Value): Value
  close(): void
}

/** PDF 32000-1, annex H.3.4.1: readers accept the header anywhere in the first 1024 bytes. */
const HEADER_WITHIN = 1024
const errorFormat = 3
const errorPassword = 4
const errorSecurity = 5

/**
 * Opens a PDF; one that PDFium cannot read is rewritten once and tried again.
 * @throws CORRUPT_INPUT, PASSWORD_REQUIRED, MEMORY_LIMIT, ENGINE_FAILED
 */
export async function openDocument(runtime: Runtime, bytes: Uint8Array): Promise<PdfDocument> {
  if (!new TextDecoder('latin1').decode(bytes.subarray(0, HEADER_WITHIN)).includes('%PDF')) {
    throw new ImageDocError('CORRUPT_INPUT', 'The file is not a PDF: there is no %PDF header in its first 1024 bytes.')
  }
  const first = load(runtime, bytes)
  if (typeof first === 'object') return first
  const mended = await repair(bytes)
  const second = load(runtime, mended, true)
  if (typeof second === 'object' && second.pages > 0) return second
  if (typeof second === 'object') second.close()
  throw new ImageDocError(
    'CORRUPT_INPUT',
    'The PDF is damaged and could not be repaired. Make it anew from its source, or repair it with another tool.',
  )
}

/** The open document, or PDFium's error number when repairing may help. */
function load(runtime: Runtime, bytes: Uint8Array, repaired = false): PdfDocument | number {
  const { api, heap } = runtime
  return guarded(runtime, 'opening the document', () => {
    const file = heap.copyIn(bytes)
    const document = api.FPDF_LoadMemDocument(file, bytes.length, '')
    if (document !== 0) return opened(runtime, { file, document, size: bytes.length, repaired })
    heap.free(file)
    const code = api.FPDF_GetLastError()
    if (code === errorPassword) {
      throw new ImageDocError(
        'PASSWORD_REQUIRED',
        'The PDF is encrypted and needs its password. Save a copy without password, and use that.',
      )
    }
    if (code === errorSecurity) {
      throw new ImageDocError(
        'PASSWORD_REQUIRED',
        'The PDF is encrypted in a way that needs a certificate. Save a copy without encryption, and use that.',
      )
    }
    return code === 0 ? errorFormat : code
  })
}

function opened(runtime: Runtime, open: { file: number; document: number; size: number; repaired: boolean }): PdfDocument {
  const { api, heap } = runtime
  const { file, document, size, repaired } = open
  const form = openForm(runtime, document)
  let closed = false
  return {
    runtime,
    file: () => heap.view(file, size),
    repaired,
    pages: api.FPDF_GetPageCount(document),
    form,
    diagnostics: findings(repaired, form),
    withPage(index, read) {
      if (closed || runtime.broken)
        throw new ImageDocError('ENGINE_FAILED', 'The document is closed, or PDFium failed on an earlier page of it.', { retryable: true })
      return guarded(runtime, `page ${index + 1}`, () => {
        const page = api.FPDF_LoadPage(document, index)
        if (page === 0) throw new ImageDocError('CORRUPT_INPUT', `Page ${index + 1} of the PDF is damaged and could not be read.`)
        const close = (): void => {
          form.leave(page)
          api.FPDF_ClosePage(page)
        }
        try {
          form.enter(page)
          const value = read(page)
          close()
          return value
        } catch (error) {
          // After a trap nothing of this PDFium may be called any more.
          if (isImageDocError(error)) close()
          throw error
        }
      })
    },
    close() {
      if (closed) return
      closed = true
      if (runtime.broken) return
      form.close()
      api.FPDF_CloseDocument(document)
      heap.free(file)
    },
  }
}

function findings(repaired: boolean, form: Form): Diagnostic[] {
  const found: Diagnostic[] = []
  if (repaired) {
    found.push({
      code: 'DOCUMENT_REPAIRED',
      severity: 'warning',
      message: 'The PDF is damaged; it was repaired as far as it could be, and parts of it may be missing.',
    })
  }
  if (form.kind === 'xfa') {
    found.push({
      code: 'FORM_NOT_DRAWN',
      severity: 'warning',
      message:
        'The PDF is an XFA form, whose content only its own program shows; its pages may be blank. Print it to a PDF there, and use that.',
    })
  }
  return found
}
