/** A Huffman table for lookup by 16 bits: length of the code times 256 plus its symbol, 0 where there is no such code. */
export type HuffmanTable = Uint16Array

/** The tables of a DHT payload by `class * 16 + number`; what is cut off is left out. @see T.81, B.2.4.2 and C.2 */
export function readHuffmanTables(payload: Uint8Array): ReadonlyMap<number, HuffmanTable> {
  const tables = new Map<number, HuffmanTable>()
  for (let at = 0; at + 17 <= payload.length; ) {
    const counts = payload.subarray(at + 1, at + 17)
    const symbols = payload.subarray(at + 17)
    tables.set(payload[at] ?? 0, lookup(counts, symbols))
    at += 17 + counts.reduce((sum, count) => sum + count, 0)
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

function lookup(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536)
  let code = 0
  let next = 0
  for (let length = 1; length <= 16; length++) {
    for (let n = counts[length - 1] ?? 0; n > 0; n--) {
      const from = code << (16 - length)
      table.fill(length * 256 + (symbols[next++] ?? 0), from, from + (1 << (16 - length)))
      code++
    }
    code <<= 1
  }
  return table
}

/** Of a {@link stepTable}: a code that ends its block. */
export const END_OF_BLOCK = 128

const stepTables = new WeakMap<HuffmanTable, Uint16Array>()

/**
 * A table of AC codes as steps, for who wants to know only where a block ends: coefficients that a code goes forward times 32 plus the bits of the
 * code and its value together; 0 where there is no such code, or a value is too long for 8 bits a sample.
 */
export function stepTable(table: HuffmanTable): Uint16Array {
  const steps = stepTables.get(table) ?? makeStepTable(table)
  stepTables.set(table, steps)
  return steps
}

function makeStepTable(table: HuffmanTable): Uint16Array {
  return table.map((entry) => {
    const [zeros, size] = [(entry & 0xff) >> 4, entry & 15]
    if (entry === 0 || size > 10 || (size === 0 && zeros > 0 && zeros < 15)) return 0
    const forward = size === 0 && zeros === 0 ? END_OF_BLOCK : zeros + 1
    return forward * 32 + (entry >> 8) + size
  })
}

/** Reads the bits of a scan up to the next marker. Behind the last byte it gives zeros, and `isOver` tells when one of those was used. */
export class BitReader {
  /** The next byte. */
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number
  #buffer = 0
  #held = 0
  /** Of the bits held, those that are no data. */
  #made = 0

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes
    this.at = at
    this.#end = end
  }

  get isOver(): boolean {
    return this.#held < this.#made
  }

  /** The next 16 bits, which stay. */
  peek(): number {
    if (this.#held < 16) this.#fill()
    return (this.#buffer >>> (this.#held - 16)) & 0xffff
  }

  /** Coefficients to go forward by the next code of a {@link stepTable}; 0 when no code begins like this. */
  step(table: Uint16Array): number {
    const entry = table[this.peek()] as number
    const bits = entry & 31
    this.#held -= bits
    if (this.#held < 0) this.#pass(-this.#held)
    return entry >> 5
  }

  /** `count` bits, at most 16. */
  read(count: number): number {
    if (count === 0) return 0
    const value = this.peek() >>> (16 - count)
    this.#held -= count
    return value
  }

  /** The symbol that comes next; -1 when no code begins like this. */
  symbol(table: HuffmanTable): number {
    const entry = table[this.peek()] as number
    this.#held -= entry >> 8
    return entry === 0 ? -1 : entry & 0xff
  }

  /** Goes on at byte `at`, behind a restart marker. */
  restart(at: number): void {
    this.at = at
    this.#held = 0
    this.#made = 0
  }

  /** Whole bytes that were not read, of those up to `end`. */
  left(end: number): number {
    return end - this.at + ((this.#held - Math.min(this.#held, this.#made)) >> 3)
  }

  #pass(bits: number): void {
    this.#held = 0
    this.read(bits)
  }

  #fill(): void {
    const bytes = this.#bytes
    while (this.#held <= 24) {
      const byte = this.at < this.#end ? (bytes[this.at] as number) : -1
      if (byte !== 0xff && byte >= 0) {
        this.#buffer = (this.#buffer << 8) | byte
        this.at++
      } else if (byte === 0xff && bytes[this.at + 1] === 0) {
        this.#buffer = (this.#buffer << 8) | byte
        this.at += 2
      } else {
        this.#buffer <<= 8
        this.#made += 8
      }
      this.#held += 8
    }
  }
}
