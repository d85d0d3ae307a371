/** What was read for one caller; nobody else has it. */
const fresh = new WeakSet<Uint8Array>()

/** Says that these bytes were read for whoever gets them and are held by nobody else: they may be moved to a thread instead of copied. */
export function markFresh(bytes: Uint8Array): Uint8Array {
  fresh.add(bytes)
  return bytes
}

/** True for bytes of {@link markFresh} that are all of their buffer. */
export function isMovable(bytes: Uint8Array): boolean {
  return fresh.has(bytes) && bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
}
