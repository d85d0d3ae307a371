/** What a look at the coded data of a JPEG found. */
export interface JpegScan {
  /** `unknown` where the data are coded in another way than Huffman's in one scan: progressive, arithmetic, several scans. */
  readonly state: 'sound' | 'damaged' | 'unknown'
  /** Rows of pixels from the top that are sound, as far as the data show it. */
  readonly rows: number
  readonly height: number
}

interface Component {
  readonly id: number
  readonly across: number
  readonly down: number
}
interface Frame {
  readonly width: number
  readonly height: number
  readonly components: readonly Component[]
}
/** For each code of up to 16 bits, length in the upper byte and symbol in the lower; 0 where there is no such code. */
export type HuffmanTable = Uint16Array

/** Tables that outlive one JPEG: an abbreviated stream with tables alone comes before those with pictures (ITU-T T.81, B.5). */
export interface JpegState {
  readonly tables: Map<number, HuffmanTable>
  /** Tables by their definition: the strips of a page mostly repeat the same. */
  readonly known: Map<string, HuffmanTable>
  restartEvery: number
}

/** No tables in use yet; `known` ones are not made again. */
export const createJpegState = (known: Map<string, HuffmanTable> = new Map()): JpegState => ({ tables: new Map(), known, restartEvery: 0 })

const [SOF0, SOF1, DHT, SOI, EOI, SOS, DRI] = [0xc0, 0xc1, 0xc4, 0xd8, 0xd9, 0xda, 0xdd]
const UNKNOWN: JpegScan = { state: 'unknown', rows: 0, height: 0 }

/**
 * Walks through the Huffman codes of a baseline JPEG and tells whether they end where the picture ends. libjpeg fills up what is missing
 * with grey and takes what is left over without a word. Damage that keeps the number of codes is not seen.
 * @see ITU-T T.81, annexes B and F
 */
export function scanJpeg(bytes: Uint8Array, state: JpegState): JpegScan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let frame: Frame | undefined
  let at = 0
  while (at + 1 < bytes.length) {
    const marker = bytes[at + 1] as number
    if (bytes[at] !== 0xff) return { ...UNKNOWN, state: 'damaged' }
    if (marker === 0xff) at++
    else if (marker === SOI || marker === EOI) at += 2
    else {
      if (at + 4 > bytes.length) break
      const content = bytes.subarray(at + 4, at + 2 + view.getUint16(at + 2))
      if (marker === SOS) return frame ? scanPicture(bytes, at + 4 + content.length, { frame, content, state }) : UNKNOWN
      if (marker === DHT) readTables(content, state)
      if (marker === DRI && content.length >= 2) state.restartEvery = ((content[0] as number) << 8) | (content[1] as number)
      if (marker === SOF0 || marker === SOF1) frame = readFrame(content)
      else if (marker > SOF1 && marker < 0xd0 && marker !== DHT && marker !== 0xc8 && marker !== 0xcc) return UNKNOWN
      at += 4 + content.length
    }
  }
  return frame ? { state: 'damaged', rows: 0, height: frame.height } : UNKNOWN
}

function readFrame(content: Uint8Array): Frame {
  const two = (at: number): number => ((content[at] ?? 0) << 8) | (content[at + 1] ?? 0)
  const components = Array.from({ length: Math.min(content[5] ?? 0, 4) }, (_, index) => {
    const factors = content[7 + index * 3] ?? 0x11
    return { id: content[6 + index * 3] ?? 0, across: factors >> 4 || 1, down: factors & 15 || 1 }
  })
  return { height: two(1), width: two(3), components }
}

function readTables(content: Uint8Array, { tables, known }: JpegState): void {
  let at = 0
  while (at + 17 <= content.length) {
    let end = at + 17
    for (let length = 1; length <= 16; length++) end += content[at + length] as number
    const definition = content.subarray(at + 1, end)
    const name = Buffer.from(definition).toString('latin1')
    const table = known.get(name) ?? makeTable(definition)
    known.set(name, table)
    tables.set(content[at] as number, table)
    at = end
  }
}

/** T.81, annex C: codes of one length are consecutive numbers. The definition is the number of codes of each length, then their symbols. */
function makeTable(definition: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536)
  let code = 0
  let symbol = 16
  for (let length = 1; length <= 16; length++) {
    for (let n = 0; n < (definition[length - 1] ?? 0); n++) {
      const first = code << (16 - length)
      table.fill((length << 8) | (definition[symbol++] ?? 0), first, first + (1 << (16 - length)))
      code++
    }
    code <<= 1
  }
  return table
}

interface Scan {
  readonly frame: Frame
  /** Of the SOS segment: which component uses which tables. */
  readonly content: Uint8Array
  readonly state: JpegState
}

function scanPicture(bytes: Uint8Array, start: number, { frame, content, state }: Scan): JpegScan {
  if (content[0] !== frame.components.length) return UNKNOWN
  const single = frame.components.length === 1
  const blocks = frame.components.flatMap(({ across, down }, index) => {
    const use = content[2 + index * 2] ?? 0
    const tables = { dc: state.tables.get(use >> 4), ac: state.tables.get(0x10 | (use & 15)) }
    // A single component is never interleaved: its unit is one block (A.2.2).
    return Array.from({ length: single ? 1 : across * down }, () => tables)
  })
  if (blocks.some(({ dc, ac }) => dc === undefined || ac === undefined)) return UNKNOWN
  const unit = (factor: (component: Component) => number): number => (single ? 8 : 8 * Math.max(...frame.components.map(factor)))
  const [unitWidth, unitHeight] = [unit(({ across }) => across), unit(({ down }) => down)]
  const across = Math.ceil(frame.width / unitWidth)
  const down = Math.ceil(frame.height / unitHeight)
  const walked = walk(new BitReader(bytes, start), { blocks: blocks as Block[], units: across * down, restartEvery: state.restartEvery })
  if (walked.state === 'sound') return { state: 'sound', rows: frame.height, height: frame.height }
  // What was read before wrong codes were noticed may be wrong already; where data are left over, nothing tells the place.
  const row = Math.floor(walked.units / across) - (walked.state === 'ends' ? 0 : 1)
  const rows = walked.state === 'left-over' ? 0 : Math.max(0, Math.min(row * unitHeight, frame.height))
  return { state: 'damaged', rows, height: frame.height }
}

interface Block {
  readonly dc: HuffmanTable
  readonly ac: HuffmanTable
}
interface Walked {
  /** `ends`: the data end early; `wrong`: a code that is none; `left-over`: data behind the last unit. */
  readonly state: 'sound' | 'ends' | 'wrong' | 'left-over'
  readonly units: number
}

function walk(reader: BitReader, by: { blocks: readonly Block[]; units: number; restartEvery: number }): Walked {
  for (let unit = 0; unit < by.units; unit++) {
    if (by.restartEvery > 0 && unit > 0 && unit % by.restartEvery === 0 && !reader.restart()) return { state: 'wrong', units: unit }
    for (const block of by.blocks) if (!reader.skipBlock(block)) return { state: reader.overrun ? 'ends' : 'wrong', units: unit }
    if (reader.overrun) return { state: 'ends', units: unit }
  }
  return { state: reader.hasMore() ? 'left-over' : 'sound', units: by.units }
}

/** Bits of the coded data, without the zeros that are stuffed behind 0xff (B.1.1.5). At a marker the bits end. */
class BitReader {
  private bits = 0
  private count = 0
  private at: number
  private padded = 0
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes
    this.at = start
  }

  /** True when more bits were taken than are there. */
  get overrun(): boolean {
    return this.padded > this.count
  }

  /** F.2.2: a difference of DC, then runs of zeros with coefficients until 63 are there. False where a code is none. */
  skipBlock({ dc, ac }: Block): boolean {
    this.fill()
    let entry = dc[(this.bits >>> (this.count - 16)) & 0xffff] as number
    if (entry === 0 || (entry & 0xff) > 11) return false
    this.count -= entry >> 8
    if (this.count < (entry & 0xff)) this.fill()
    this.count -= entry & 0xff
    for (let k = 1; k < 64; ) {
      if (this.count <= 16) this.fill()
      entry = ac[(this.bits >>> (this.count - 16)) & 0xffff] as number
      if (entry === 0) return false
      const size = entry & 15
      this.count -= entry >> 8
      if (size === 0 && (entry & 0xff) !== 0xf0) return (entry & 0xff) === 0
      k += ((entry >> 4) & 15) + 1
      if (k > 64) return false
      if (this.count < size) this.fill()
      this.count -= size
    }
    return true
  }

  /** True when a byte or more is left before the next marker. */
  hasMore(): boolean {
    return this.count - this.padded >= 8 || this.next() >= 0
  }

  /** Goes on behind the next restart marker; false when there is none at this place. */
  restart(): boolean {
    if (this.hasMore() || this.overrun) return false
    const marker = this.bytes[this.at + 1] ?? 0
    if (this.bytes[this.at] !== 0xff || marker < 0xd0 || marker > 0xd7) return false
    this.at += 2
    this.bits = this.count = this.padded = 0
    return true
  }

  /** At least 17 bits, of zeros behind the end. */
  private fill(): void {
    while (this.count <= 16) {
      const quick = this.bytes[this.at]
      const byte = quick === undefined || quick === 0xff ? this.next() : quick
      if (byte === quick && quick !== 0xff) this.at++
      this.bits = (this.bits << 8) | (byte < 0 ? 0 : byte)
      this.count += 8
      if (byte < 0) this.padded += 8
    }
  }

  /** The next byte of the data, or -1 at a marker and at the end. */
  private next(): number {
    const byte = this.bytes[this.at]
    if (byte === undefined) return -1
    if (byte !== 0xff) {
      this.at++
      return byte
    }
    if (this.bytes[this.at + 1] !== 0) return -1
    this.at += 2
    return byte
  }
}
