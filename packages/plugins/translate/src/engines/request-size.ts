/** DeepL takes 50 texts a request. @see https://developers.deepl.com/docs/api-reference/translate */
const MOST_TEXTS = 50
/** The whole body may have 128 KiB; the rest is for the other fields. */
const MOST_BYTES = 120 * 1024

/** Texts in groups that fit one request each. */
export function requestGroups(texts: readonly string[]): string[][] {
  const groups: string[][] = []
  let bytes = 0
  for (const text of texts) {
    const size = encodedBytes(text)
    const group = groups.at(-1)
    if (group && group.length < MOST_TEXTS && bytes + size <= MOST_BYTES) {
      group.push(text)
      bytes += size
    } else {
      groups.push([text])
      bytes = size
    }
  }
  return groups
}

/** A text in pieces that fit one request each, cut behind a sentence, else at a blank, else anywhere between characters. */
export function requestPieces(text: string): string[] {
  const pieces: string[] = []
  let rest = text
  while (encodedBytes(rest) > MOST_BYTES) {
    let length = fittingLength(rest)
    const head = rest.slice(0, length)
    const sentence = /^.*[.!?…]["'”’»)\]]*\s/su.exec(head) ?? /^.*\s/su.exec(head)
    if (sentence) length = sentence[0].length
    pieces.push(rest.slice(0, length).trim())
    rest = rest.slice(length).trim()
  }
  pieces.push(rest)
  return pieces.filter((piece) => piece !== '')
}

/** The most characters from the start that fit, not cutting a surrogate pair. */
function fittingLength(text: string): number {
  let [low, high] = [1, text.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (encodedBytes(text.slice(0, middle)) <= MOST_BYTES) low = middle
    else high = middle - 1
  }
  return /[\ud800-\udbff]$/.test(text.slice(0, low)) && low > 1 ? low - 1 : low
}

/** As a form field: a letter outside ASCII is six bytes and more. */
function encodedBytes(text: string): number {
  return new URLSearchParams({ text }).toString().length + 1
}
