import { z } from 'zod'
import { formatPageId, type PageId } from '../../artifact/page-id.ts'
import { type PageSelection, parsePageSelection, selectsPage } from '../../artifact/page-selection.ts'
import { isImageDocError } from '../../errors/error.ts'

/** A parameter that names pages. */
export const selection = z
  .string()
  .refine((text) => reasonAgainst(text) === undefined, { error: ({ input }) => reasonAgainst(String(input)) ?? 'It names no pages.' })

function reasonAgainst(text: string): string | undefined {
  try {
    parsePageSelection(text)
    return undefined
  } catch (error) {
    if (isImageDocError(error)) return error.message
    throw error
  }
}

/** Where the pages that a selection names stand, from 0. */
export function selectedPages(selected: PageSelection, pages: readonly PageId[]): number[] {
  const total = pages.length
  return pages.flatMap((page, index) => (selectsPage(selected, { number: index + 1, total, id: formatPageId(page) }) ? [index] : []))
}
