/** Gives each character its two-byte code in the text layer's font. */
export interface Codes {
  /** The codes of a text, four hex digits each, and how many there are. */
  encode(text: string): { hex: string; count: number }
  /** Characters beyond the Basic Multilingual Plane, by the code that stands for them. */
  readonly astral: ReadonlyMap<number, string>
}

/** A surrogate alone means nothing in Unicode, so its code is free for a character that does not fit two bytes. */
const FIRST_FREE = 0xd800
const LAST_FREE = 0xdfff
const REPLACEMENT = 0xfffd

/** Codes for one document: a character is its own UTF-16 code; the few that need two of them share the surrogates' 2048 codes. */
export function createCodes(): Codes {
  const astral = new Map<number, string>()
  const codeOf = new Map<string, number>()
  const code = (character: string): number => {
    const point = character.codePointAt(0) ?? REPLACEMENT
    if (point <= 0xffff) return point >= FIRST_FREE && point <= LAST_FREE ? REPLACEMENT : point
    const known = codeOf.get(character)
    if (known !== undefined) return known
    const next = FIRST_FREE + codeOf.size
    if (next > LAST_FREE) return REPLACEMENT
    codeOf.set(character, next)
    astral.set(next, character)
    return next
  }
  return {
    astral,
    encode(text) {
      const codes = [...text].map(code)
      return { hex: codes.map(hex).join(''), count: codes.length }
    },
  }
}

/** Entries in one block of a CMap (Adobe Technical Note 5014). */
const BLOCK = 100

/** The CMap from codes to Unicode. Ranges stay within one first byte, as PDF 32000-1, 9.10.3 asks. */
export function toUnicodeMap({ astral }: Codes): string {
  const ranges: string[] = []
  for (let byte = 0; byte < 256; byte++) {
    const first = byte * 256
    if (first < FIRST_FREE || first > LAST_FREE) ranges.push(`<${hex(first)}> <${hex(first + 255)}> <${hex(first)}>`)
  }
  const characters = [...astral].map(
    ([code, character]) =>
      `<${hex(code)}> <${[...Array(character.length).keys()].map((index) => hex(character.charCodeAt(index))).join('')}>`,
  )
  return [
    '/CIDInit /ProcSet findresource begin',
    '12 dict begin',
    'begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def',
    '/CMapType 2 def',
    '1 begincodespacerange',
    '<0000> <FFFF>',
    'endcodespacerange',
    ...blocks(ranges, 'bfrange'),
    ...blocks(characters, 'bfchar'),
    'endcmap',
    'CMapName currentdict /CMap defineresource pop',
    'end',
    'end',
    '',
  ].join('\n')
}

function blocks(entries: readonly string[], name: string): string[] {
  const out: string[] = []
  for (let at = 0; at < entries.length; at += BLOCK) {
    const block = entries.slice(at, at + BLOCK)
    out.push(`${block.length} begin${name}`, ...block, `end${name}`)
  }
  return out
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0')
}
