import { fileOf } from '../artifact/file-bytes.ts'
import type { Encoded } from '../artifact/kind.ts'

/** Smaller ones may lie in a pool that others share, and are not worth the trouble. */
const LEAST_BYTES = 1024 ** 2

/**
 * Gives the memory of pixels back at once that no step needs any more. Left to the garbage collector a chain over an A4 page in colour holds
 * several times 26 MB for a while, because such buffers lie outside of its heap.
 * @param output the step's result: it may be one of `values`, or share a buffer with it. Nothing is given back when it is no single buffer.
 */
export function giveBack(values: readonly unknown[], output: unknown): void {
  const kept = viewOf(output)?.buffer
  if (!kept) return
  for (const value of values) {
    const view = viewOf(value)
    const buffer = view?.buffer
    const whole = view !== undefined && buffer instanceof ArrayBuffer && view.byteLength === buffer.byteLength
    if (whole && buffer !== kept && view.byteLength >= LEAST_BYTES) buffer.transfer(0)
  }
}

/** The bytes of pixels or of a file, as far as they are in memory. */
function viewOf(value: unknown): Uint8Array | undefined {
  if (fileOf(value as Encoded)) return undefined
  const { data, bytes } = (typeof value === 'object' && value !== null ? value : {}) as { data?: unknown; bytes?: unknown }
  return data instanceof Uint8Array ? data : bytes instanceof Uint8Array ? bytes : undefined
}
