import { ImageDocError, raiseLimit } from '@imagedoc/core'
import { z } from 'zod'

const item = String.raw`-?[1-9]\d*(-(-?[1-9]\d*)?)?`
const pattern = new RegExp(String.raw`^\s*(all|${item}(\s*,\s*${item})*)\s*$`)

/** Pages as people write them: `1-3,7,-1`. */
export const pageSelection = z
  .string()
  .regex(
    pattern,
    'Write page numbers from 1, ranges and commas, for example "1-3,7,-1" (-1 is the last page, "5-" means to the end), or "all".',
  )
  .default('all')
  .meta({
    description:
      'Pages, counted from 1: numbers, ranges and commas such as "1-3,7,-1" (-1 is the last page, "5-" to the end), or "all". Order and repetition are kept.',
  })

/**
 * The pages that a selection names, counted from 0.
 * @throws INVALID_PARAMETER when a page is not there; TOO_MANY_PAGES when it names more than `most`.
 */
export function selectPages(selection: string, count: number, most: number): readonly number[] {
  if (selection.trim() === 'all')
    return limited(
      Array.from({ length: count }, (_, index) => index),
      most,
    )
  const pages: number[] = []
  for (const part of selection.split(',')) {
    const [from, to] = ends(part.trim(), count)
    for (const end of [from, to]) assertPage(end, count, selection)
    const step = from <= to ? 1 : -1
    // Counted before they are listed: "1-5000,1-5000,…" must not fill the memory.
    if (pages.length + Math.abs(to - from) + 1 > most) limited({ length: pages.length + Math.abs(to - from) + 1 }, most)
    for (let page = from; page !== to + step; page += step) pages.push(page - 1)
  }
  return pages
}

function ends(part: string, count: number): readonly [number, number] {
  const match = /^(-?\d+)(?:(-)(-?\d+)?)?$/.exec(part)
  const number = (text: string): number => (Number(text) < 0 ? count + 1 + Number(text) : Number(text))
  const from = number(match?.[1] ?? '')
  if (match?.[2] === undefined) return [from, from]
  return [from, match[3] === undefined ? count : number(match[3])]
}

function assertPage(page: number, count: number, selection: string): void {
  if (page >= 1 && page <= count) return
  const has = count === 1 ? 'one page' : `${count} pages`
  throw new ImageDocError(
    'INVALID_PARAMETER',
    `"pages" is "${selection}", but the document has ${has}: there is no page ${page < 1 ? page - count - 1 : page}. Name pages from 1 to ${count}.`,
    {
      path: 'with.pages',
      details: { pages: count },
    },
  )
}

/** @throws TOO_MANY_PAGES */
function limited<List extends { readonly length: number }>(pages: List, most: number): List {
  if (pages.length <= most) return pages
  throw new ImageDocError(
    'TOO_MANY_PAGES',
    `${pages.length} pages are more than the limit of ${most}. Name fewer in "pages", or ${raiseLimit('pages')}.`,
    { details: { pages: pages.length, limit: most } },
  )
}
