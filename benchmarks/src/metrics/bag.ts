import { normalise } from './normalise.ts'

/** How far two bags of words agree, blind to order (0..1). */
export interface BagAgreement {
  precision: number
  recall: number
  f1: number
}

/** Compare the bags of blank-separated words of two texts: low means unread text; high beside many character errors means wrong order. */
export function bagOfWords(recognised: string, truth: string): BagAgreement {
  const [read, meant] = [words(recognised), words(truth)]
  const left = new Map<string, number>()
  for (const word of meant) left.set(word, (left.get(word) ?? 0) + 1)
  let common = 0
  for (const word of read) {
    const count = left.get(word) ?? 0
    if (count === 0) continue
    left.set(word, count - 1)
    common++
  }
  const share = (total: number) => (total === 0 ? (read.length === meant.length ? 1 : 0) : common / total)
  const [precision, recall] = [share(read.length), share(meant.length)]
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) }
}

const words = (text: string) => normalise(text).split(' ').filter(Boolean)
