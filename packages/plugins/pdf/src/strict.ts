import { type Diagnostic, ImageDocError } from '@imagedoc/core'

/** Findings that say that a part of the document is not shown. */
const damage: ReadonlySet<string> = new Set(['IMAGE_DAMAGED', 'PAGES_LOST'])

/**
 * Makes an error of a finding that says that something of the document is lost. `page`, counted from 0, is named; without it the finding is one of
 * the whole document.
 * @throws CORRUPT_INPUT
 */
export function refuseDamage(diagnostics: readonly Diagnostic[] = [], page?: number): void {
  const found = diagnostics.find(({ code }) => damage.has(code))
  if (found === undefined) return
  const where = page === undefined ? 'The document' : `Page ${page + 1}`
  const message = `${where} is damaged, and "strict" asks for whole pages: ${found.message} Get the file anew, or leave "strict" out to see what is left.`
  throw new ImageDocError('CORRUPT_INPUT', message, {
    details: { code: found.code, found: found.details ?? null, ...(page === undefined ? {} : { page: page + 1 }) },
  })
}
