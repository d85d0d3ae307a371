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
    const near = score <= allowedEdits(word, candidate) && score < word.length
    if (near && (best === undefined || score < best.score)) best = { candidate, score }
  }
  return best === undefined ? '' : ` Did you mean "${shown(best.candidate)}"?`
}

/** A third of the letters, two at least; of a short word one, or two that changed places, or "ocr" would be "gc". */
function allowedEdits(word: string, candidate: string): number {
  const sorted = (text: string): string => [...text.toLowerCase()].sort().join('')
  if (Math.min(word.length, candidate.length) > 3) return Math.max(2, Math.floor(candidate.length / 3))
  return sorted(word) === sorted(candidate) ? 2 : 1
}
