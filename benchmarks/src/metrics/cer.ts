import { distance } from 'fastest-levenshtein'
import { normalise } from './normalise.ts'

/** A block of a page's true text. A floating one (running head, page number, caption) has no fixed place in the reading order. */
export interface TruthBlock {
  floating: boolean
  lines: readonly string[]
}

/** How wrong a text is. */
export interface CharacterErrors {
  /** Insertions, deletions and substitutions between the normalised texts. */
  edits: number
  /** Characters of the normalised truth. */
  length: number
  /** `edits / length`; more than 1 where far too much was read. */
  rate: number
}

/** Compare two texts as they stand. */
export function characterErrors(recognised: string, truth: string): CharacterErrors {
  return rated(distance(normalise(recognised), normalise(truth)), normalise(truth).length)
}

/**
 * Compare a recognised page with its true blocks. The blocks that do not float count in their order; each floating one counts between
 * those two blocks, or at the end or the beginning, where the fewest edits are left.
 */
export function pageErrors(recognised: string, blocks: readonly TruthBlock[]): CharacterErrors {
  const text = normalise(recognised)
  const plain = (block: TruthBlock) => normalise(block.lines.join(' '))
  let order = blocks.filter((block) => !block.floating).map(plain)
  for (const floating of blocks.filter((block) => block.floating).map(plain)) {
    const places = Array.from({ length: order.length + 1 }, (_, place) => order.toSpliced(place, 0, floating))
    order = best(places, (candidate) => distance(text, candidate.join(' ')))
  }
  const truth = order.join(' ')
  return rated(distance(text, truth), truth.length)
}

/** Over many pages, by length: a short page counts for less than a long one. */
export function summed(pages: readonly CharacterErrors[]): CharacterErrors {
  return rated(
    pages.reduce((sum, page) => sum + page.edits, 0),
    pages.reduce((sum, page) => sum + page.length, 0),
  )
}

const rated = (edits: number, length: number): CharacterErrors => ({
  edits,
  length,
  rate: length === 0 ? (edits === 0 ? 0 : 1) : edits / length,
})

function best<Item>(items: readonly Item[], cost: (item: Item) => number): Item {
  const costs = items.map(cost)
  return items[costs.indexOf(Math.min(...costs))]!
}
