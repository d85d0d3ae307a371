import { parsePageId } from '@imagedoc/core'
import type { Document } from '../records/document.ts'

/** Where a layout belongs: page and parts from 0. */
export interface LayoutPage {
  /** Null where it is of no page of the document's original. */
  readonly page: number | null
  readonly part: readonly number[]
}

/** What earlier servers wrote: the input's name, the file's place in a list, page and part. */
const EARLIER = /^(.+)\/(\d+)\/(\d+)\/(\d+)$/

/** Reads the page's name that a version's row has. */
export function pageOfLayout(name: string, { original, pages }: Pick<Document, 'original' | 'pages'>): LayoutPage {
  const [earlier, input, position, number, place] = EARLIER.exec(name) ?? []
  if (earlier !== undefined) {
    const isOriginal = input === 'input' && position === '0'
    return within({ page: isOriginal ? Number(number) : null, part: [Number(place)] }, pages)
  }
  const { source, page, part } = parsePageId(name)
  const isOriginal = source !== null && original.digest.startsWith(`sha256:${source}`)
  return within({ page: isOriginal ? page : null, part }, pages)
}

function within({ page, part }: LayoutPage, pages: number): LayoutPage {
  return { page: page !== null && page < pages ? page : null, part }
}
