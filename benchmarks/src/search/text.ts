import { createRandom, type Random } from '@imagedoc/fixtures'

/** Words of an archive by how often they are: the rank-th comes as 1 / (rank + 2.7). */
export interface Language {
  /** The most frequent first. */
  readonly words: readonly string[]
  draw(random: Random): string
}

/** So many that words begin alike about as often as English ones do: 1.7 different beginnings of 3, 5 and 8 letters for each word of 16 pages. */
const SYLLABLES = ['', 'c', 'gr', 'l', 'm', 'r', 't'].flatMap((onset) => ['a', 'e', 'i', 'os'].map((rhyme) => `${onset}${rhyme}`))

/** Distinct words, short ones first as in real languages. */
export function createLanguage(size: number): Language {
  const random = createRandom('language')
  const words = new Set<string>()
  while (words.size < size) {
    const syllables = 1 + Math.floor(Math.log(1 + words.size) / 3 + random.next() * 2)
    words.add(Array.from({ length: syllables }, () => SYLLABLES[Math.floor(random.next() * SYLLABLES.length)]).join(''))
  }
  const list = [...words]
  const sums: number[] = []
  list.reduce((sum, _, rank) => {
    sums.push(sum + 1 / (rank + 2.7))
    return sum + 1 / (rank + 2.7)
  }, 0)
  return { words: list, draw: (random) => list[firstAbove(sums, random.next() * (sums.at(-1) ?? 0))] ?? '' }
}

function firstAbove(sums: readonly number[], value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The words of a page: always the same of the same page. */
export function wordsOfPage({ draw }: Language, page: number, count: number): string[] {
  const random = createRandom(`page ${page}`)
  return Array.from({ length: count }, () => draw(random))
}
