import { ImageDocError } from '../errors/error.ts'

/** Numbers count from 1, `-1` is the last page. `to` is undefined for a single page. */
interface PageRange {
  readonly type: 'range'
  readonly from: number
  readonly to: number | undefined
}

type Term = PageRange | { readonly type: 'odd' | 'even' } | { readonly type: 'id'; readonly id: string }

/** Which pages a text such as `1,3-5`, `odd`, `-1` or a page id names. It is a set: neither order nor repetition counts. */
export interface PageSelection {
  readonly terms: readonly Term[]
}

/** A page, as a selection looks at it. */
export interface PagePlace {
  /** Where it stands among the pages that are counted, from 1. */
  readonly number: number
  /** How many pages are counted. */
  readonly total: number
  /** As `formatPageId` writes it. */
  readonly id: string
}

const RANGE = /^(-?\d+)(?:(-)(-?\d+)?)?$/
/** Whatever form an id has: with a digit, and with something that no range has. */
const ID = /^(?=.*\d)(?=.*[A-Za-z/#])[A-Za-z0-9._:/@#-]+$/

/**
 * Reads `1,3-5`, `odd`, `even`, `-1` (the last page), `5-` (from page 5 on), `2--2` (all but the first and the last) or page ids, separated by commas.
 * @throws USAGE with the `position` of what is wrong, from 0, in its details
 */
export function parsePageSelection(text: string): PageSelection {
  const terms: Term[] = []
  let position = 0
  for (const part of text.split(',')) {
    const term = part.trim()
    terms.push(parseTerm(term, position + part.indexOf(term)))
    position += part.length + 1
  }
  return { terms }
}

/** The shortest text that {@link parsePageSelection} reads as the same selection. */
export function formatPageSelection({ terms }: PageSelection): string {
  return terms.map(formatTerm).join(',')
}

/** Whether a page is one of those that a selection names. */
export function selectsPage({ terms }: PageSelection, page: PagePlace): boolean {
  return terms.some((term) => termSelects(term, page))
}

/** More than so many looks at a page are no pipeline that a person wrote. */
const MOST_LOOKS = 20_000_000

/**
 * Every set of selections, by their indices, that one page can be in, whatever the number of pages; undefined where they are too many to tell.
 * A page has a number from the front, one from the end, and an id, and each selection looks at these alone: one page of each sort is enough.
 */
export function possibleMatches(selections: readonly PageSelection[]): number[][] | undefined {
  const terms = selections.flatMap((selection) => selection.terms)
  const ends = terms.flatMap((term) => (term.type === 'range' ? [term.from, term.to ?? term.from] : []))
  const fronts = numbersAround(ends.filter((end) => end > 0))
  const backs = numbersAround(ends.filter((end) => end < 0).map((end) => -end))
  const ids = [...new Set(['', ...terms.flatMap((term) => (term.type === 'id' ? [term.id] : []))])]
  if (fronts.length * backs.length * ids.length * terms.length > MOST_LOOKS) return undefined
  const found = new Map<string, number[]>()
  for (const number of fronts)
    for (const back of backs)
      for (const id of ids) {
        const matches = matchesOf(selections, { number, total: number + back - 1, id })
        found.set(matches.join(), matches)
      }
  return [...found.values()]
}

/** The indices of the selections that name a page. */
export function matchesOf(selections: readonly PageSelection[], page: PagePlace): number[] {
  return selections.flatMap((selection, index) => (selectsPage(selection, page) ? [index] : []))
}

/** An odd and an even number from each place on where a range may begin or end. */
function numbersAround(ends: readonly number[]): number[] {
  return [...new Set([1, 2, ...ends.flatMap((end) => [end, end + 1, end + 2])])]
}

function parseTerm(term: string, position: number): Term {
  if (term === 'odd' || term === 'even') return { type: term }
  const range = RANGE.exec(term)
  if (range) return parseRange(term, range, position)
  if (ID.test(term)) return { type: 'id', id: term }
  if (term === '') throw wrong('A page is missing', position, 'Write one between the commas, or remove one of them.')
  const remedy = term === 'all' ? 'Write "1-" for all pages.' : 'Write page numbers such as "1,3-5", "odd", "even", "-1" or a page id.'
  throw wrong(`"${term}" names no page`, position, remedy)
}

function parseRange(term: string, [, first = '', dash, last]: RegExpExecArray, position: number): Term {
  const from = Number(first)
  const to = dash === undefined ? undefined : last === undefined ? -1 : Number(last)
  for (const end of [from, to ?? from]) {
    if (end === 0) throw wrong('There is no page 0', position, 'Pages count from 1, and -1 is the last.')
    if (!Number.isSafeInteger(end)) throw wrong(`"${term}" is too large`, position, 'Write the number of a page.')
  }
  const isBackwards = to !== undefined && from > to && from > 0 === to > 0
  if (isBackwards) throw wrong(`"${term}" runs backwards`, position, `Write "${formatTerm({ type: 'range', from: to, to: from })}".`)
  return { type: 'range', from, to }
}

function wrong(what: string, position: number, remedy: string): ImageDocError {
  return new ImageDocError('USAGE', `${what} (character ${position + 1}). ${remedy}`, { details: { position } })
}

function formatTerm(term: Term): string {
  if (term.type === 'id') return term.id
  if (term.type !== 'range') return term.type
  const { from, to } = term
  if (to === undefined || to === from) return String(from)
  return to === -1 ? `${from}-` : `${from}-${to}`
}

function termSelects(term: Term, { number, total, id }: PagePlace): boolean {
  if (term.type === 'id') return id === term.id || id.endsWith(`/${term.id}`)
  if (term.type !== 'range') return (number % 2 === 1) === (term.type === 'odd')
  const place = (end: number): number => (end < 0 ? total + 1 + end : end)
  return number >= place(term.from) && number <= place(term.to ?? term.from)
}
