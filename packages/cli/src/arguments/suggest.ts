import { distance } from 'fastest-levenshtein'

/** ` Did you mean "x"?` or nothing, for the end of a message. `shown` writes a candidate as the user would. */
export function suggest(
  word: string,
  candidates: Iterable<string>,
  shown: (candidate: string) => string = (candidate) => candidate,
): string {
  let best: { candidate: string; score: number } | undefined
  for (const candidate of candidates) {
    const score = candidate.startsWith(word) && word.length > 1 ? 0 : distance(word.toLowerCase(), candidate.toLowerCase())
    // Two letters swapped are two edits.
    const near = score <= Math.max(2, Math.floor(candidate.length / 3)) && score < word.length
    if (near && (best === undefined || score < best.score)) best = { candidate, score }
  }
  return best === undefined ? '' : ` Did you mean "${shown(best.candidate)}"?`
}
