import { digestOf } from '../artifact/digest.ts'
import { isMovable } from '../artifact/fresh-bytes.ts'
import { INLINE_BYTES } from '../ports/result-cache.ts'
import type { ItemResult, SegmentHooks } from '../ports/step-runner.ts'

/**
 * An item as a worker sends it: without its bytes where the parent has them already. When one page of a document has changed, the others are so told
 * by their digests, and neither copied nor digested by the parent.
 */
export async function withoutKnownBytes(result: ItemResult, { has }: Pick<SegmentHooks, 'has'>): Promise<ItemResult> {
  if (!has || !('value' in result) || result.value.bytes.length <= INLINE_BYTES) return result
  const { value, ...log } = result
  const { bytes, ...rest } = value
  const digest = digestOf(bytes)
  const descriptor = { mediaType: value.mediaType, digest, size: bytes.length }
  if (!(await has(descriptor))) return { ...log, value: { ...value, digest } }
  // Left to the garbage collector, the pages of a document keep it busy: such memory lies outside of its heap.
  if (isMovable(bytes)) (bytes.buffer as ArrayBuffer).transfer(0)
  return { ...log, kept: { ...rest, descriptor } }
}
