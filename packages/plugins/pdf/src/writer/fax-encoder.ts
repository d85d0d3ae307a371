import { type Code, endOfLine, horizontal, pass, runCodes, vertical } from './fax-codes.ts'

/** A picture of two values: rows of bits, the first pixel in the highest, each row beginning at a byte. */
export interface BitRows {
  width: number
  height: number
  data: Uint8Array
}

interface BitWriter {
  put(code: Code): void
  finish(): Uint8Array
}

const LONGEST_RUN = 2560

/** Encodes as CCITT Group 4; a set bit is a pixel of the colour called black. @see ITU-T T.6; PDF 32000-1, 7.4.6 */
export function encodeGroup4({ width, height, data }: BitRows): Uint8Array {
  const stride = Math.ceil(width / 8)
  const out = createBitWriter()
  let above: Int32Array = Int32Array.of(width, width)
  let row = new Int32Array(width + 3)
  let spare = new Int32Array(width + 3)
  for (let y = 0; y < height; y++) {
    const changes = findChanges(data.subarray(y * stride, (y + 1) * stride), width, row)
    encodeRow(changes, above, { width, out })
    above = changes
    ;[row, spare] = [spare, row]
  }
  out.put(endOfLine)
  out.put(endOfLine)
  return out.finish()
}

/** Where the colour changes, beginning with white; the width stands for all that come after. */
function findChanges(bits: Uint8Array, width: number, into: Int32Array): Int32Array {
  let count = 0
  let value = 0
  for (let at = 0; at < bits.length; at++) {
    const byte = bits[at] as number
    if (byte === (value ? 255 : 0)) continue
    for (let bit = 0; bit < 8; bit++) {
      const x = at * 8 + bit
      if (x < width && ((byte >> (7 - bit)) & 1) !== value) {
        into[count++] = x
        value ^= 1
      }
    }
  }
  into[count] = width
  into[count + 1] = width
  into[count + 2] = width
  return into.subarray(0, count + 3)
}

function encodeRow(changes: Int32Array, above: Int32Array, { width, out }: { width: number; out: BitWriter }): void {
  let a0 = 0
  let next = 0
  let b = 0
  for (let start = true; a0 < width; start = false) {
    const a1 = changes[next] as number
    // b1: the first change above that lies behind a0 and is to the other colour than a0's (white at even places).
    while (b > 0 && (above[b - 1] as number) > a0) b--
    while (b < above.length - 1 && ((above[b] as number) < a0 || (!start && above[b] === a0) || (b & 1) !== (next & 1))) b++
    const b1 = above[b] ?? width
    const b2 = above[b + 1] ?? width
    const shift = a1 - b1
    if (b2 < a1) {
      out.put(pass)
      a0 = b2
    } else if (shift >= -3 && shift <= 3) {
      out.put(vertical[shift + 3] as Code)
      a0 = a1
      next++
    } else {
      const a2 = changes[next + 1] ?? width
      out.put(horizontal)
      putRun(out, a1 - a0, next & 1)
      putRun(out, a2 - a1, (next + 1) & 1)
      a0 = a2
      next += 2
    }
  }
}

function putRun(out: BitWriter, run: number, black: number): void {
  const { short, long } = black ? runCodes.black : runCodes.white
  let rest = run
  for (; rest > LONGEST_RUN + 63; rest -= LONGEST_RUN) out.put(long.at(-1) as Code)
  if (rest > 63) out.put(long[(rest >> 6) - 1] as Code)
  out.put(short[rest & 63] as Code)
}

function createBitWriter(): BitWriter {
  let bytes = new Uint8Array(64 * 1024)
  let length = 0
  let held = 0
  let count = 0
  return {
    put(code) {
      held = (held << code.length) | code.bits
      count += code.length
      while (count >= 8) {
        if (length === bytes.length) {
          const larger = new Uint8Array(bytes.length * 2)
          larger.set(bytes)
          bytes = larger
        }
        count -= 8
        bytes[length++] = (held >> count) & 255
      }
      held &= (1 << count) - 1
    },
    finish() {
      const whole = length + (count > 0 ? 1 : 0)
      const out = new Uint8Array(whole)
      out.set(bytes.subarray(0, length))
      if (count > 0) out[length] = (held << (8 - count)) & 255
      return out
    },
  }
}
