/** Gives each character its two-byte code in the text layer's font. */
export interface Codes {
  /** The codes of a text, four hex digits each, and how many there are. */
  encode(text: string): { hex: string; count: number }
  /** The codes that were given, and the character that each stands for. */
  readonly used: ReadonlyMap<number, string>
}

/** A surrogate alone means nothing in Unicode, so its code is free for a character that does not fit two bytes. */
const FIRST_FREE = 0xd800
const LAST_FREE = 0xdfff
const REPLACEMENT = 0xfffd

/** Codes for one document: a character is its own UTF-16 code; the few that need two of them share the surrogates' 2048 codes. */
export function createCodes(): Codes {
  const used = new Map<number, string>()
  const astral = new Map<string, number>()
  const free = (character: string): number => {
    const known = astral.get(character)
    if (known !== undefined) return known
    const next = FIRST_FREE + astral.size
    if (next > LAST_FREE) return REPLACEMENT
    astral.set(character, next)
    return next
  }
  const code = (character: string): number => {
    const point = character.codePointAt(0) ?? REPLACEMENT
    if (point > 0xffff) return free(character)
    return point >= FIRST_FREE && point <= LAST_FREE ? REPLACEMENT : point
  }
  return {
    used,
    encode(text) {
      const characters = [...text].map((character) => [code(character), character] as const)
      for (const [given, character] of characters) used.set(given, given === REPLACEMENT ? String.fromCodePoint(REPLACEMENT) : character)
      return { hex: characters.map(([given]) => hex(given)).join(''), count: characters.length }
    },
  }
}

/** Entries in one block of a CMap (Adobe Technical Note 5014). */
const BLOCK = 100

/**
 * The CMap from codes to Unicode, of those that were used: readers parse it for every font, and with all 65,536 the fonts of six pages took
 * PDFium and pdf.js together 3 GB.
 */
export function toUnicodeMap({ used }: Codes): string {
  const characters = [...used]
    .sort(([one], [other]) => one - other)
    .map(([code, character]) => `<${hex(code)}> <${Array.from(character.split(''), (unit) => hex(unit.charCodeAt(0))).join('')}>`)
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
    ...blocks(characters),
    'endcmap',
    'CMapName currentdict /CMap defineresource pop',
    'end',
    'end',
    '',
  ].join('\n')
}

function blocks(entries: readonly string[]): string[] {
  const out: string[] = []
  for (let at = 0; at < entries.length; at += BLOCK) {
    const block = entries.slice(at, at + BLOCK)
    out.push(`${block.length} beginbfchar`, ...block, 'endbfchar')
  }
  return out
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0')
}
