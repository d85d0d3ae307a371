import { distance } from 'fastest-levenshtein'

/** The candidate that was probably meant, if any is near enough: at most a third of the letters differ, or two that changed places. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; score: number } | undefined
  for (const candidate of candidates) {
    const score = distance(word.toLowerCase(), candidate.toLowerCase())
    // `crop` for `image.crop`: the part behind the dot is often all that was remembered.
    const near = candidate.endsWith(`.${word}`) ? 0 : score
    if (near <= Math.max(candidate.length > 4 ? 2 : 1, Math.floor(candidate.length / 3)) && (best === undefined || near < best.score))
      best = { candidate, score: near }
  }
  return best?.candidate
}

/** ` Did you mean "x"?` or nothing, for the end of a message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = suggest(word, candidates)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}
