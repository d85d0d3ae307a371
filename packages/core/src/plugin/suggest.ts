import { distance } from 'fastest-levenshtein'

/** Of a longer name nobody types one letter wrong; and to compare a thousand of them with a thousand others takes seconds. */
const LONGEST = 64

/** The candidate that was probably meant, if any is near enough: at most a third of the letters differ, or two that changed places. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined
  const [lower, ending] = [word.toLowerCase(), `.${word}`]
  let best: { candidate: string; score: number } | undefined
  for (const candidate of candidates) {
    const most = Math.min(Math.max(candidate.length > 4 ? 2 : 1, Math.floor(candidate.length / 3)), best ? best.score - 1 : LONGEST)
    // `crop` for `image.crop`: the part behind the dot is often all that was remembered.
    const isEnding = candidate.endsWith(ending)
    // At least so many letters differ as one is longer.
    if (!isEnding && Math.abs(candidate.length - word.length) > most) continue
    const score = isEnding ? 0 : distance(lower, candidate.toLowerCase())
    if (score <= most) best = { candidate, score }
    if (score === 0) break
  }
  return best?.candidate
}

/** ` Did you mean "x"?` or nothing, for the end of a message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = suggest(word, candidates)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}
