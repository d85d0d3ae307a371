import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** So much garbage there may be, about that of one part; looking for it takes a millisecond. */
const GARBAGE_BYTES = 8 * 1024 ** 2

/** Of all streams of this process. */
let passed = 0
let collect: (() => void) | undefined

/**
 * What the bytes of a large file pass through, so that they do not gather as garbage. Node reads sockets and files into new memory of 64 KiB each time,
 * which lies outside of V8's heap. V8 looks for what nobody holds of it when 64 MB have gathered (twice its young generation), or as much again of what
 * was held for a moment too long; and what the process once had for it stays with it. Here V8 is asked to look after every 8 MiB.
 */
export function passingBytes(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(piece, controller) {
      countPassed(piece.length)
      controller.enqueue(piece)
    },
  })
}

/** The same for bytes that pass through something else. */
export function countPassed(bytes: number): void {
  passed += bytes
  if (passed < GARBAGE_BYTES) return
  passed = 0
  collect ??= youngCollection()
  collect()
}

/** A look at what is young alone. */
function youngCollection(): () => void {
  const gc: unknown = globalThis.gc ?? exposed()
  return typeof gc === 'function' ? () => void gc({ type: 'minor' }) : () => {}
}

/** A context has it where the flag is set when it is made; that of the application stays as it is. */
function exposed(): unknown {
  setFlagsFromString('--expose-gc')
  try {
    return runInNewContext('globalThis.gc')
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
