import { ImageDocError } from '../errors/error.ts'
import type { Digest } from './digest.ts'

/** Which page an artifact is. It stays the same wherever the page stands in a sequence, and whatever is done to its content. */
export interface PageId {
  /** Digest of the file that it is a page of; null for what a run makes of its inputs as a whole. */
  readonly source: Digest | null
  /** Of that file, from 0. */
  readonly page: number
  /** Which part, from 0, each time that the page was taken apart; empty for the whole page. */
  readonly part: readonly number[]
  /** From 1 on where the same page stands in a sequence again. */
  readonly copy: number
}

/** What {@link parsePageId} reads: `source` is the first twelve digits, or null where the text has none. */
export interface PageName extends Omit<PageId, 'source'> {
  readonly source: string | null
}

/** A page of a file; without a file, what a run makes of its inputs as a whole. */
export function pageOf(source: Digest | null, page = 0): PageId {
  return { source, page, part: [], copy: 0 }
}

/** A part of a page or of a part. */
export function partOf(id: PageId, part: number): PageId {
  return { ...id, part: [...id.part, part] }
}

const DIGITS = 12

/**
 * Names a page so that a person can type it: `7f83b1657ff1/3` is page 3 of the file whose digest begins so, `7f83b1657ff1/3a` its first part, `3a.b` the
 * second part of that, `3#2` the same page again. Without a file only the end is written, `3a`.
 */
export function formatPageId({ source, page, part, copy }: PageId): string {
  const digits = source === null ? '' : `${source.slice('sha256:'.length, 'sha256:'.length + DIGITS)}/`
  return `${digits}${page + 1}${part.map(letters).join('.')}${copy > 0 ? `#${copy + 1}` : ''}`
}

const NAME = /^(?:([0-9a-f]{12})\/)?([1-9]\d{0,8})([a-z]{1,5}(?:\.[a-z]{1,5})*)?(?:#([1-9]\d{0,8}))?$/

/** Reads what {@link formatPageId} writes, with the file's digits or without. @throws USAGE for anything else */
export function parsePageId(text: string): PageName {
  const [whole, source = null, page, part, copy = '1'] = NAME.exec(text) ?? []
  if (whole === undefined)
    throw new ImageDocError('USAGE', `"${text}" is not a page; write its number, for example 3, 3a for a part of it, or 7f83b1657ff1/3a.`)
  return { source, page: Number(page) - 1, part: part === undefined ? [] : part.split('.').map(numberOf), copy: Number(copy) - 1 }
}

/** The same for the same page and for no other, unlike its name, which has only some digits of the file's digest. */
export function pageKey({ source, page, part, copy }: PageId): string {
  return `${source ?? ''}/${page}/${part.join('.')}/${copy}`
}

/** The pages of one sequence, each different from those before it: where one stands again it is the next copy. */
export function distinctPages(pages: readonly PageId[]): PageId[] {
  const taken = new Set<string>()
  const next = new Map<string, number>()
  return pages.map((page) => {
    const original = pageKey({ ...page, copy: 0 })
    let own = page
    for (let copy = next.get(original) ?? 0; taken.has(pageKey(own)); copy++) {
      own = { ...page, copy }
      next.set(original, copy + 1)
    }
    taken.add(pageKey(own))
    return own
  })
}

/** `a` to `z`, then `aa`, as columns are counted. */
function letters(part: number): string {
  const last = String.fromCharCode(97 + (part % 26))
  return part < 26 ? last : letters(Math.floor(part / 26) - 1) + last
}

function numberOf(text: string): number {
  return [...text].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 96, 0) - 1
}
