import { hash } from 'node:crypto'
import { type Diagnostic, type Encoded, fileOf, ImageDocError, isImageDocError } from '@imagedoc/core'
import type { FileAccess } from './file-access.ts'
import { type Form, findForm, openForm } from './form.ts'
import { guarded, type Runtime } from './heap.ts'
import type { FoundPages } from './page-tree.ts'
import type { PdfDocument } from './pdf-document.ts'
import { holdFile, openFile, type PdfFile } from './pdf-file.ts'
import { repair } from './repair.ts'
import { skeletonOf } from './skeleton.ts'
import { isBetter, isDoubtful } from './soundness.ts'
import { createDictionaryFinder } from './stream-dictionary.ts'
import { type Survey, survey } from './survey.ts'

/** PDF 32000-1, annex H.3.4.1: readers accept the header anywhere in the first 1024 bytes; what mail and scanners put before it may be longer. */
const PDFIUM_HEADER_WITHIN = 1024
const HEADER_WITHIN = 64 * 1024
const errorFormat = 3
const errorPassword = 4
const errorSecurity = 5

/**
 * PDFium keeps every stream that it has read until the document is closed, a book of scans in the end as a whole. After this many bytes it opens the
 * document anew, which costs no more than reading its table of objects.
 */
const KEPT_BYTES = 32 * 1024 ** 2

/**
 * Opens a PDF; one that PDFium cannot read, or whose list of pages does not hold, is rewritten once and tried again. Its bytes are read when they
 * are needed: the larger ones from a file in the folder that `tmp` gives.
 * @throws CORRUPT_INPUT, PASSWORD_REQUIRED, MEMORY_LIMIT, ENGINE_FAILED
 */
export async function openDocument(runtime: Runtime, input: Encoded, { tmp, forms = true }: Opening): Promise<PdfDocument> {
  const held = heldInFile(input) ?? heldInMemory(input, tmp)
  const first = open(runtime, { ...held, forms })
  if (typeof first === 'object' && !isDoubtful(first)) return first
  try {
    const repaired = await repair(fromHeader(input.bytes))
    const second = open(runtime, { file: holdFile(repaired.bytes, tmp), survey: survey(repaired.bytes), repaired: repaired.found, forms })
    if (typeof second === 'object') {
      if (typeof first === 'number' ? second.pages > 0 : isBetter(second, first)) {
        if (typeof first === 'object') first.close()
        return second
      }
      second.close()
    }
  } catch (error) {
    if (typeof first === 'number' || first.runtime.broken) throw error
  }
  if (typeof first === 'object') return first
  throw new ImageDocError(
    'CORRUPT_INPUT',
    'The PDF is damaged and could not be repaired. Make it anew from its source, or repair it with another tool.',
  )
}

/** How a document is opened. */
interface Opening {
  readonly tmp: () => string
  /** Fields of forms are drawn; false: they are not even looked at. @default true */
  readonly forms?: boolean
}

/** A large document stays in the file in which it came. Undefined when there is none, or when PDFium would not find its header there. */
function heldInFile(input: Encoded): Pick<Source, 'file' | 'survey'> | undefined {
  const given = fileOf(input)
  if (!given) return undefined
  const file = openFile(given.path, given.size)
  const head = new Uint8Array(Math.min(PDFIUM_HEADER_WITHIN, file.size))
  file.read(0, head)
  if (Buffer.from(head.buffer).includes('%PDF')) return { file, survey: survey(skeletonOf(file)) }
  file.close()
  return undefined
}

/** @throws CORRUPT_INPUT */
function heldInMemory(input: Encoded, tmp: () => string): Pick<Source, 'file' | 'survey'> {
  const bytes = fromHeader(input.bytes)
  return { file: holdFile(bytes, tmp), survey: survey(bytes) }
}

/**
 * The bytes from their header on. One that is misspelt or missing is replaced where the file ends as a PDF does.
 * @throws CORRUPT_INPUT when it is no PDF
 */
function fromHeader(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = file.indexOf('%PDF')
  if (at >= 0 && at <= HEADER_WITHIN) return at < PDFIUM_HEADER_WITHIN ? bytes : bytes.subarray(at)
  if (file.subarray(-HEADER_WITHIN).includes('startxref') && file.includes('endobj'))
    return Buffer.concat([Buffer.from('%PDF-1.7\n'), file])
  throw new ImageDocError('CORRUPT_INPUT', `The file is not a PDF: there is no %PDF header in its first ${HEADER_WITHIN} bytes.`)
}

/** The open document, or PDFium's error number when repairing may help. The file is closed with it. */
function open(runtime: Runtime, source: Source): PdfDocument | number {
  const { file } = source
  let done = false
  try {
    const loaded = guarded(runtime, 'opening the document', () => load(runtime, source))
    done = typeof loaded === 'object'
    return typeof loaded === 'object' ? opened(runtime, { ...source, loaded }) : loaded
  } finally {
    if (!done) file.close()
  }
}

/** What a document is read from. */
interface Source {
  readonly file: PdfFile
  readonly survey: Survey
  readonly forms: boolean
  /** What was found when the file was rewritten. */
  readonly repaired?: FoundPages
}

/** A document as PDFium has it open. */
interface Loaded {
  readonly document: number
  readonly form: Form
  readonly access: FileAccess
}

function load(runtime: Runtime, { file, forms }: Pick<Source, 'file' | 'forms'>): Loaded | number {
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

function opened(runtime: Runtime, open: Source & { loaded: Loaded }): PdfDocument {
  const { api } = runtime
  const { file, repaired, survey } = open
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
    const again = load(runtime, open)
    if (typeof again === 'number') throw lost()
    loaded = again
    return again
  }
  let closed = false
  return {
    runtime,
    repaired: repaired !== undefined,
    survey,
    userUnitOf: (page) => (survey.userUnits.size === 0 ? 1 : (survey.userUnits.get(api.EPDFPage_GetObjectNumber(page)) ?? 1)),
    dictionaryOf: remembering(createDictionaryFinder(file)),
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

/** An image's dictionary is asked for more than once while its page is read. Its bytes are not kept: they may be handed on, and are gone then. */
function remembering<Value>(find: (raw: Uint8Array) => Value): (raw: Uint8Array) => Value {
  let last: { readonly digest: string; readonly value: Value } | undefined
  return (raw) => {
    const digest = hash('sha256', raw)
    if (last?.digest !== digest) last = { digest, value: find(raw) }
    return last.value
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

function findings(repaired: FoundPages | undefined, form: Form): Diagnostic[] {
  const found: Diagnostic[] = []
  if (repaired) {
    found.push({
      code: 'DOCUMENT_REPAIRED',
      severity: 'warning',
      message: 'The PDF is damaged; it was repaired as far as it could be, and parts of it may be missing.',
    })
    const { pages, dangling, claimed } = repaired
    const lost = Math.max(dangling, claimed - pages.length)
    if (lost > 0) {
      found.push({
        code: 'PAGES_LOST',
        severity: 'warning',
        message: `The PDF says that it has ${pages.length + lost} pages; ${pages.length} of them are there. Make it anew from its source if the others are needed.`,
        details: { found: pages.length, lost },
      })
    }
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
