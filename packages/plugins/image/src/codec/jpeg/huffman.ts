/** Bits that a code has at most, and that a {@link HuffmanTable} is looked up by. */
const MOST_BITS = 16

/** A Huffman table for lookup. */
export interface HuffmanTable {
  /** By the next 16 bits: length of the code times 256 plus its symbol, 0 where there is no such code. */
  readonly symbols: Uint16Array
  /** The codes of AC coefficients; made when they are asked for. */
  readonly ac: AcTable
}

/**
 * A table of AC codes for who wants to know only where a block ends. An entry is the coefficients to go forward times 32 plus the bits to go forward;
 * 0 where there is none.
 */
export interface AcTable {
  /** By the next 16 bits: one code with its value. 0 where no code begins so, or its value is too long for 8 bits a sample. */
  readonly steps: Uint16Array
  /** By the next {@link LEAP_BITS} bits: as many codes with their values as lie in them as a whole. Most lookups are spared so. */
  readonly leaps: Uint16Array
}

/** Of a block. */
export const COEFFICIENTS = 64
/** In an {@link AcTable}: coefficients that no block has, for the code that ends one. */
export const END_OF_BLOCK = 128
/** A table for more bits is not held by a processor's nearest cache. */
export const LEAP_BITS = 12

/** The tables of a DHT payload by `class * 16 + number`; what is cut off is left out. @see T.81, B.2.4.2 and C.2 */
export function readHuffmanTables(payload: Uint8Array): ReadonlyMap<number, HuffmanTable> {
  const tables = new Map<number, HuffmanTable>()
  for (let at = 0; at + 17 <= payload.length; ) {
    const counts = payload.subarray(at + 1, at + 17)
    const total = counts.reduce((sum, count) => sum + count, 0)
    tables.set(payload[at] ?? 0, createTable(counts.slice(), payload.slice(at + 17, at + 17 + total)))
    at += 17 + total
  }
  return tables
}

/** Tables that are remembered: as many as a file has, and some of the one before. */
const MOST_REMEMBERED = 16

/** Reads tables as {@link readHuffmanTables} does, and makes none twice: the strips of a TIFF mostly repeat the same. */
export function createTableReader(): typeof readHuffmanTables {
  const known = new Map<string, ReturnType<typeof readHuffmanTables>>()
  return (payload) => {
    const definition = Buffer.from(payload).toString('latin1')
    const tables = known.get(definition) ?? readHuffmanTables(payload)
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(definition, tables)
    return tables
  }
}

function createTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  let ac: AcTable | undefined
  return {
    symbols: lookup(counts, symbols, (length, symbol) => length * 256 + symbol),
    get ac() {
      ac ??= createAcTable(lookup(counts, symbols, stepOf))
      return ac
    },
  }
}

/** @param entryOf what stands for a code of this length and symbol */
function lookup(counts: Uint8Array, symbols: Uint8Array, entryOf: (length: number, symbol: number) => number): Uint16Array {
  const table = new Uint16Array(1 << MOST_BITS)
  let code = 0
  let next = 0
  for (let length = 1; length <= MOST_BITS; length++) {
    for (let n = counts[length - 1] ?? 0; n > 0; n--) {
      const from = code << (MOST_BITS - length)
      table.fill(entryOf(length, symbols[next++] ?? 0), from, from + (1 << (MOST_BITS - length)))
      code++
    }
    code <<= 1
  }
  return table
}

function stepOf(length: number, symbol: number): number {
  const [zeros, size] = [symbol >> 4, symbol & 15]
  if (size > 10 || (size === 0 && zeros > 0 && zeros < 15)) return 0
  return (size === 0 && zeros === 0 ? END_OF_BLOCK : zeros + 1) * 32 + length + size
}

function createAcTable(steps: Uint16Array): AcTable {
  const leaps = Uint16Array.from({ length: 1 << LEAP_BITS }, (_, bits) => {
    let [forward, used] = [0, 0]
    while (forward < END_OF_BLOCK) {
      const step = steps[(bits << (MOST_BITS - LEAP_BITS + used)) & 0xffff] as number
      const next = forward + (step >> 5)
      if (step === 0 || used + (step & 31) > LEAP_BITS || (next >= COEFFICIENTS && next < END_OF_BLOCK)) break
      forward = next
      used += step & 31
    }
    return forward * 32 + used
  })
  return { steps, leaps }
}
