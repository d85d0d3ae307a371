import type { Runtime } from './heap.ts'

/** The fields of a document's form, which PDFium draws apart from the page. */
export interface Form {
  /** XFA forms have their pages in an XML of their own; what the PDF shows is at best a part of them. */
  readonly kind: 'none' | 'fields' | 'xfa'
  /** Draws the fields of `page` over what `bitmap` shows of it. */
  draw(page: number, bitmap: number, place: { left?: number; top: number; width: number; height: number }): void
  /** Around the use of a page. */
  enter(page: number): void
  leave(page: number): void
  close(): void
}

const drawAnnotations = 0x01
const formTypes = { none: 0, fields: 1 }

/** Nothing is drawn. */
const nothing = { draw: () => undefined, enter: () => undefined, leave: () => undefined, close: () => undefined }

/** Tells what form `document` has, and does not look at its fields: PDFium walks all of them, and a field tree of 2 KB may have millions. */
export function findForm({ api }: Runtime, document: number): Form {
  const type = api.FPDF_GetFormType(document)
  if (type === formTypes.none) return { kind: 'none', ...nothing }
  return { kind: type === formTypes.fields ? 'fields' : 'xfa', ...nothing }
}

/** Prepares the drawing of `document`'s form; does nothing for a document without one. */
export function openForm(runtime: Runtime, document: number): Form {
  const { api } = runtime
  const { kind } = findForm(runtime, document)
  if (kind === 'none') return { kind, ...nothing }
  const info = api.PDFiumExt_OpenFormFillInfo()
  const handle = api.PDFiumExt_InitFormFillEnvironment(document, info)
  // Fields are tinted for those who fill them in.
  api.FPDF_SetFormFieldHighlightAlpha(handle, 0)
  return {
    kind,
    draw: (page, bitmap, { left = 0, top, width, height }) =>
      api.FPDF_FFLDraw(handle, bitmap, page, -left, -top, width, height, 0, drawAnnotations),
    enter: (page) => api.FORM_OnAfterLoadPage(page, handle),
    leave: (page) => api.FORM_OnBeforeClosePage(page, handle),
    close() {
      api.PDFiumExt_ExitFormFillEnvironment(handle)
      api.PDFiumExt_CloseFormFillInfo(info)
    },
  }
}
