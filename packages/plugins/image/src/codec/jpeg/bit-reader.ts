import type { ByteSource, ReadWindow } from '../byte-source.ts'
import { type AcTable, COEFFICIENTS, END_OF_BLOCK, type HuffmanTable, LEAP_BITS } from './huffman.ts'

const LEAPS = (1 << LEAP_BITS) - 1

/** Reads the bits of a scan up to the next marker. Behind the last byte it gives zeros, and `isOver` tells when one of those was used. */
export class BitReader {
  readonly #window: ReadWindow
  readonly #size: number
  readonly #end: number
  #bytes: Uint8Array = new Uint8Array(0)
  /** Where the first of `#bytes` stands. */
  #from: number
  /** The next byte, in `#bytes`. */
  #next = 0
  /** Up to here bytes are data, and the one behind each can be looked at. */
  #stop = 0
  #buffer = 0
  #held = 0
  /** Of the bits held, those that are no data. */
  #made = 0

  /** @param end where the data end: at a marker, or with the file */
  constructor(source: ByteSource, at: number, end: number) {
    this.#window = source.windows()
    this.#size = source.size
    this.#end = end
    this.#from = at
  }

  /** Where the next byte stands. */
  get at(): number {
    return this.#from + this.#next
  }

  get isOver(): boolean {
    return this.#held < this.#made
  }

  /** `count` bits, at most 16. */
  read(count: number): number {
    if (count === 0) return 0
    const value = this.#peek() >>> (16 - count)
    this.#held -= count
    return value
  }

  /** The symbol that comes next; -1 when no code begins like this. */
  symbol({ symbols }: HuffmanTable): number {
    const entry = symbols[this.#peek()] as number
    this.#held -= entry >> 8
    return entry === 0 ? -1 : entry & 0xff
  }

  /**
   * Passes over the AC coefficients of a block of a sequential scan (T.81, F.2.2.2); false when they are none. Nearly all of a walk's time is spent
   * here, so the bits are held in variables and {@link BitReader.#fill} stands here once more.
   */
  passBlock({ steps, leaps }: AcTable): boolean {
    let bytes = this.#bytes
    let next = this.#next
    let stop = this.#stop
    let buffer = this.#buffer
    let held = this.#held
    let k = 1
    while (k < COEFFICIENTS) {
      if (held < 16) {
        const first = bytes[next] as number
        const second = bytes[next + 1] as number
        if (next + 1 < stop && first !== 0xff && second !== 0xff) {
          buffer = (buffer << 16) | (first << 8) | second
          next += 2
          held += 16
        } else {
          this.#next = next
          this.#buffer = buffer
          this.#held = held
          this.#fill()
          bytes = this.#bytes
          next = this.#next
          stop = this.#stop
          buffer = this.#buffer
          held = this.#held
        }
      }
      const leap = leaps[(buffer >>> (held - LEAP_BITS)) & LEAPS] as number
      const after = k + (leap >> 5)
      // Beyond the block's last coefficient the codes are the next block's: then they are taken one by one.
      if (leap !== 0 && (after <= COEFFICIENTS || (after > END_OF_BLOCK && after < END_OF_BLOCK + COEFFICIENTS))) {
        held -= leap & 31
        k = after
        continue
      }
      const step = steps[(buffer >>> (held - 16)) & 0xffff] as number
      if (step === 0) return false
      k += step >> 5
      held -= step & 31
      if (held < 0) {
        this.#next = next
        this.#buffer = buffer
        this.#pass(-held)
        bytes = this.#bytes
        next = this.#next
        stop = this.#stop
        buffer = this.#buffer
        held = this.#held
      }
    }
    this.#next = next
    this.#buffer = buffer
    this.#held = held
    return k === COEFFICIENTS || k > END_OF_BLOCK
  }

  /** Goes on at byte `at`, behind a restart marker. */
  restart(at: number): void {
    this.#next = at - this.#from
    this.#stop = 0
    this.#held = 0
    this.#made = 0
  }

  /** Whole bytes that were not read, of those up to `end`. */
  left(end: number): number {
    return end - this.at + ((this.#held - Math.min(this.#held, this.#made)) >> 3)
  }

  /** The next 16 bits, which stay. */
  #peek(): number {
    if (this.#held < 16) this.#fill()
    return (this.#buffer >>> (this.#held - 16)) & 0xffff
  }

  #pass(bits: number): void {
    this.#held = 0
    this.read(bits)
  }

  /** To 16 bits at least. */
  #fill(): void {
    const next = this.#next
    if (next + 1 < this.#stop) {
      const [first, second] = [this.#bytes[next] as number, this.#bytes[next + 1] as number]
      if (first !== 0xff && second !== 0xff) {
        this.#buffer = (this.#buffer << 16) | (first << 8) | second
        this.#next = next + 2
        this.#held += 16
        return
      }
    }
    while (this.#held <= 24) this.#take()
  }

  /** The next byte, without the zero that stands behind one of 255 (T.81, F.1.2.3). */
  #take(): void {
    if (this.#next < 0 || this.#next >= this.#stop) this.#look()
    const byte = this.#next < this.#stop ? (this.#bytes[this.#next] as number) : -1
    const stuffed = byte === 0xff && this.#bytes[this.#next + 1] === 0
    if (byte >= 0 && (byte !== 0xff || stuffed)) {
      this.#buffer = (this.#buffer << 8) | byte
      this.#next += stuffed ? 2 : 1
    } else {
      this.#buffer <<= 8
      this.#made += 8
    }
    this.#held += 8
  }

  /** Goes on to the stretch of the file that the next byte is in. */
  #look(): void {
    const { at } = this
    if (at >= this.#end) return
    const { bytes, from } = this.#window(at)
    this.#bytes = bytes
    this.#from = from
    this.#next = at - from
    const reachesEnd = from + bytes.length >= this.#size
    this.#stop = Math.min(reachesEnd ? bytes.length : bytes.length - 1, this.#end - from)
  }
}
