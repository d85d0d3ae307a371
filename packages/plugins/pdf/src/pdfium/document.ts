import { type Diagnostic, type Encoded, fileOf, ImageDocError, isImageDocError } from '@imagedoc/core'
import type { FileAccess } from './file-access.ts'
import { type Form, findForm, openForm } from './form.ts'
import { guarded, type Runtime } from './heap.ts'
import { holdFile, openFile, type PdfFile } from './pdf-file.ts'
import { repair } from './repair.ts'
import { createDictionaryFinder, type ImageDictionary } from './stream-dictionary.ts'

/** An open PDF. */
export interface PdfDocument {
  readonly runtime: Runtime
  readonly pages: number
  /** Of the image with these stored bytes, as it stands in the file. */
  dictionaryOf(raw: Uint8Array): ImageDictionary | undefined
  readonly repaired: boolean
  readonly form: Form
  readonly diagnostics: readonly Diagnostic[]
  /** Gives page `index` (from 0) to `read` and closes it afterwards. @throws CORRUPT_INPUT, ENGINE_FAILED, MEMORY_LIMIT */
  withPage<Value>(index: number, read: (page: number) => Value): Value
  close(): void
}

/** PDF 32000-1, annex H.3.4.1: readers accept the header anywhere in the first 1024 bytes. */
const HEADER_WITHIN = 1024
const errorFormat = 3
const errorPassword = 4
const errorSecurity = 5

/**
 * PDFium keeps every stream that it has read until the document is closed, a book of scans in the end as a whole. After this many bytes it opens the
 * document anew, which costs no more than reading its table of objects.
 */
const KEPT_BYTES = 32 * 1024 ** 2

/**
 * Opens a PDF; one that PDFium cannot read is rewritten once and tried again. Its bytes are read when they are needed: the larger ones from a file
 * in the folder that `tmp` gives.
 * @throws CORRUPT_INPUT, PASSWORD_REQUIRED, MEMORY_LIMIT, ENGINE_FAILED
 */
export async function openDocument(
  runtime: Runtime,
  input: Encoded,
  { tmp, forms = true }: { tmp: () => string; forms?: boolean },
): Promise<PdfDocument> {
  const given = fileOf(input)
  const held = given ? openFile(given.path, given.size) : holdFile(input.bytes, tmp)
  const header = new Uint8Array(Math.min(HEADER_WITHIN, held.size))
  held.read(0, header)
  if (!new TextDecoder('latin1').decode(header).includes('%PDF')) {
    held.close()
    throw new ImageDocError('CORRUPT_INPUT', 'The file is not a PDF: there is no %PDF header in its first 1024 bytes.')
  }
  const first = open(runtime, held, { forms, repaired: false })
  if (typeof first === 'object') return first
  const mended = await repair(input.bytes)
  const second = open(runtime, holdFile(mended, tmp), { forms, repaired: true })
  if (typeof second === 'object' && second.pages > 0) return second
  if (typeof second === 'object') second.close()
  throw new ImageDocError(
    'CORRUPT_INPUT',
    'The PDF is damaged and could not be repaired. Make it anew from its source, or repair it with another tool.',
  )
}

interface How {
  readonly repaired: boolean
  /** Fields of forms are drawn; false: they are not even looked at. */
  readonly forms: boolean
}

/** The open document, or PDFium's error number when repairing may help. The file is closed with it. */
function open(runtime: Runtime, file: PdfFile, how: How): PdfDocument | number {
  let done = false
  try {
    const loaded = guarded(runtime, 'opening the document', () => load(runtime, file, how))
    done = typeof loaded === 'object'
    return typeof loaded === 'object' ? opened(runtime, { file, loaded, how }) : loaded
  } finally {
    if (!done) file.close()
  }
}

/** A document as PDFium has it open. */
interface Loaded {
  readonly document: number
  readonly form: Form
  readonly access: FileAccess
}

function load(runtime: Runtime, file: PdfFile, { forms }: How): Loaded | number {
  const { api, heap } = runtime
  const access = heap.access(file)
  const document = api.FPDF_LoadCustomDocument(access.pointer, '')
  if (document !== 0) return { document, form: (forms ? openForm : findForm)(runtime, document), access }
  access.release()
  const code = api.FPDF_GetLastError()
  if (code === errorPassword) {
    throw new ImageDocError('PASSWORD_REQUIRED', 'The PDF is encrypted and needs its password. Save a copy without password, and use that.')
  }
  if (code === errorSecurity) {
    throw new ImageDocError(
      'PASSWORD_REQUIRED',
      'The PDF is encrypted in a way that needs a certificate. Save a copy without encryption, and use that.',
    )
  }
  return code === 0 ? errorFormat : code
}

function unload({ api }: Runtime, { document, form, access }: Loaded): void {
  form.close()
  api.FPDF_CloseDocument(document)
  access.release()
}

function opened(runtime: Runtime, open: { file: PdfFile; loaded: Loaded; how: How }): PdfDocument {
  const { api } = runtime
  const { file, how } = open
  const { repaired } = how
  let loaded: Loaded | undefined = open.loaded
  const current = (): Loaded => {
    if (loaded === undefined) throw lost()
    return loaded
  }
  const refresh = (): Loaded => {
    const before = current()
    if (before.access.readBytes <= KEPT_BYTES) return before
    unload(runtime, before)
    loaded = undefined
    const again = load(runtime, file, how)
    if (typeof again === 'number') throw lost()
    loaded = again
    return again
  }
  let closed = false
  return {
    runtime,
    repaired,
    dictionaryOf: createDictionaryFinder(file),
    pages: api.FPDF_GetPageCount(open.loaded.document),
    get form() {
      return current().form
    },
    diagnostics: findings(repaired, open.loaded.form),
    withPage(index, read) {
      if (closed || runtime.broken) throw lost()
      return guarded(runtime, `page ${index + 1}`, () => {
        const { access, ...now } = refresh()
        return runtime.growth.watch(
          () => access.readBytes,
          () => withPage(runtime, { ...now, index }, read),
        )
      })
    },
    close() {
      if (closed) return
      closed = true
      if (loaded !== undefined && !runtime.broken) unload(runtime, loaded)
      file.close()
    },
  }
}

const lost = (): ImageDocError =>
  new ImageDocError('ENGINE_FAILED', 'The document is closed, or PDFium failed on an earlier page of it.', { retryable: true })

function withPage<Value>(
  { api }: Runtime,
  { document, form, index }: Pick<Loaded, 'document' | 'form'> & { index: number },
  read: (page: number) => Value,
): Value {
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
