/** What was read for one caller; nobody else has it. */
const fresh = new WeakSet<Uint8Array>()

/** Inputs that were sent to the thread or process where an operation runs. */
const sent = new WeakSet<Uint8Array>()

/** Says that these bytes were read for whoever gets them and are held by nobody else: they may be moved to a thread instead of copied. */
export function markFresh(bytes: Uint8Array): Uint8Array {
  fresh.add(bytes)
  return bytes
}

/** True for bytes of {@link markFresh} that are all of their buffer. */
export function isMovable(bytes: Uint8Array): boolean {
  return fresh.has(bytes) && isWhole(bytes)
}

/** Says that these bytes came here for one operation, which may hold them as long as it likes: it alone knows when it needs them no more. */
export function markSent(bytes: Uint8Array): Uint8Array {
  sent.add(bytes)
  return bytes
}

/**
 * Gives back the memory of its input's bytes that an operation needs no more, for example of a document that it has written to a file. Nothing happens
 * where somebody else may have them; otherwise they are empty afterwards. Left to the garbage collector, a large document may stay for seconds.
 */
export function releaseBytes(bytes: Uint8Array): void {
  if (sent.has(bytes) && isWhole(bytes)) (bytes.buffer as ArrayBuffer).transfer(0)
}

function isWhole({ buffer, byteLength }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
}
