export const UNITS_PER_EM = 1000
/** Width of the one glyph. */
export const ADVANCE = 500

const GLYPHS = 2

/**
 * A TrueType font of two blank glyphs (.notdef and one of half an em) with the seven tables that an embedded CIDFontType2 needs.
 * The glyphs have a header without contours rather than no data, because some readers take an empty `glyf` table for damage.
 * @see OpenType 1.9, "The OpenType Font File"
 */
export function glyphlessTrueType(): Uint8Array {
  const glyph = [0, 0, 0, 0, 0, 0]
  const tables: [string, Uint8Array][] = [
    ['glyf', int16s([...glyph, ...glyph])],
    ['head', head()],
    // version, ascent, descent, line gap, widest, bearings, extent, caret, reserved, format, metrics
    ['hhea', int16s([1, 0, UNITS_PER_EM, 0, 0, ADVANCE, 0, 0, ADVANCE, 1, 0, 0, 0, 0, 0, 0, 0, GLYPHS])],
    ['hmtx', int16s([ADVANCE, 0, ADVANCE, 0])],
    // offsets are halved in the short format
    ['loca', int16s([0, glyph.length, 2 * glyph.length])],
    ['maxp', int16s([1, 0, GLYPHS, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
    // version 3: no glyph names
    ['post', int16s([3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
  ]
  return assemble(tables)
}

function head(): Uint8Array {
  // version 1.0, revision 1.0, checksum adjustment (filled in later), magic, flags, units, created, modified, box, style, smallest, direction, loca format, glyf format
  return int16s([1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, UNITS_PER_EM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0])
}

function assemble(tables: readonly [string, Uint8Array][]): Uint8Array {
  const directory = 12 + 16 * tables.length
  const size = tables.reduce((sum, [, table]) => sum + padded(table.length), directory)
  const font = new Uint8Array(size)
  const view = new DataView(font.buffer)
  // version, number of tables, and the search parameters of a directory of seven: 4 x 16, 2, 3 x 16
  for (const [index, value] of [0x0001, 0, tables.length, 64, 2, 48].entries()) view.setUint16(index * 2, value)
  let at = directory
  for (const [index, [tag, table]] of tables.entries()) {
    const entry = 12 + 16 * index
    for (let letter = 0; letter < 4; letter++) font[entry + letter] = tag.charCodeAt(letter)
    font.set(table, at)
    view.setUint32(entry + 4, checksum(font.subarray(at, at + padded(table.length))))
    view.setUint32(entry + 8, at)
    view.setUint32(entry + 12, table.length)
    at += padded(table.length)
  }
  const headAt = view.getUint32(12 + 16 * tables.findIndex(([tag]) => tag === 'head') + 8)
  view.setUint32(headAt + 8, (0xb1b0afba - checksum(font)) >>> 0)
  return font
}

function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let sum = 0
  for (let at = 0; at < bytes.length; at += 4) sum = (sum + view.getUint32(at)) >>> 0
  return sum
}

function int16s(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2))
  for (const [index, value] of values.entries()) view.setUint16(index * 2, value & 0xffff)
  return new Uint8Array(view.buffer)
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}
