import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Pixels } from '../artifact/kind.ts'
import type { Layout } from '../artifact/layout/layout.ts'
import { linesOf } from '../artifact/layout/lines.ts'
import { letterHeight } from './letters.ts'

/** How large a page is: dots per inch, and whether its file's claim or the size of its letters says so. */
export interface Scale {
  readonly dpi: number
  readonly from: 'claim' | 'letters'
}

/** A scale, and what is doubtful about the claim that it does not follow. */
export interface JudgedScale {
  readonly scale: Scale | null
  readonly doubt: Diagnostic | null
}

/** Running text has 8 to 14 points; that of 10.5 points has letters of 5.5 (median of all, on 24 pages of eight kinds). */
const LETTER_POINTS = 5.5
/** The box of a word reaches from its ascenders, often to its descenders: 0.75 of the size of the letters. */
const WORD_POINTS = 7.9
/** Fewer words prove nothing. */
const LEAST_WORDS = 10

/** Programs write 72 and 96 when they know nothing. Claims up to here must fit the letters more closely. */
const WEAK_CLAIM = 110
/** How far claim and letters may lie apart, as a ratio. */
const AGREEMENT = { weak: 1.7, strong: 2.5 }
/** A sheet between A5 and A3: a claim that makes one is believed for smaller and larger letters, too. */
const SHEET_INCHES = [7, 17.5] as const
const AGREEMENT_OF_SHEET = 4
/** Inches of the longest side within which a claim is believed where there are no letters. */
const WITHOUT_LETTERS = { weak: [1, 25], strong: [0.5, 60] } as const

const known = new WeakMap<object, Map<number | null, JudgedScale>>()

/**
 * How large the page is. Depends on the letters and on the density that the file claims and on nothing else, so that it may decide in an
 * operation: both are part of the key. Null when neither says anything that can be believed.
 *
 * Results of every operation that asks depend on how this measures: whoever changes what it gives bumps KEY_FORMAT (key/result-key.ts).
 */
export function scaleOf(page: Pixels | Layout): Scale | null {
  return judgeScale(page).scale
}

/** The same with the doubt about the claim. What was measured of a page is kept as long as its pixels are. */
export function judgeScale(page: Pixels | Layout): JudgedScale {
  const bytes = 'data' in page ? page.data : page.blocks
  const judged = known.get(bytes) ?? new Map<number | null, JudgedScale>()
  known.set(bytes, judged)
  const found = judged.get(page.density) ?? judge(page, lettersDpi(page))
  judged.set(page.density, found)
  return found
}

function lettersDpi(page: Pixels | Layout): number | null {
  if ('data' in page) {
    const height = letterHeight(page)
    return height === null ? null : (height * 72) / LETTER_POINTS
  }
  const words = page.blocks.flatMap((block) => linesOf(block).flatMap((line) => line.words ?? [])).filter(({ text }) => text.length > 2)
  const heights = words.map(({ box }) => box[3] - box[1]).sort((a, b) => a - b)
  return heights.length < LEAST_WORDS ? null : ((heights[heights.length >> 1] as number) * 72) / WORD_POINTS
}

function judge(page: Pixels | Layout, letters: number | null): JudgedScale {
  const fromLetters: Scale | null = letters === null ? null : { dpi: Math.round(letters), from: 'letters' }
  const claim = page.density
  if (claim === null) return { scale: fromLetters, doubt: null }
  const inches = Math.max(page.width, page.height) / claim
  const strength = claim <= WEAK_CLAIM ? 'weak' : 'strong'
  if (letters === null ? within(inches, WITHOUT_LETTERS[strength]) : agree(claim / letters, { inches, strength })) {
    return { scale: { dpi: claim, from: 'claim' }, doubt: null }
  }
  return { scale: fromLetters, doubt: doubtOf(claim, fromLetters) }
}

function agree(ratio: number, { inches, strength }: { inches: number; strength: 'weak' | 'strong' }): boolean {
  const apart = Math.max(ratio, 1 / ratio)
  return apart <= AGREEMENT[strength] || (strength === 'strong' && apart <= AGREEMENT_OF_SHEET && within(inches, SHEET_INCHES))
}

const within = (value: number, [least, most]: readonly [number, number]): boolean => value >= least && value <= most

function doubtOf(claim: number, used: Scale | null): Diagnostic {
  const instead =
    used === null ? 'and nothing on the page says how large it is' : `but its letters are those of about ${used.dpi}, which was used`
  return {
    code: 'SCALE_DOUBTFUL',
    severity: 'warning',
    message: `The image claims ${Math.round(claim * 100) / 100} dots per inch, ${instead}. Set the right density in the file when sizes come out wrong.`,
    details: { claim, used: used?.dpi ?? null },
  }
}
