import { digestOf } from '../artifact/digest.ts'
import { fileOf } from '../artifact/file-bytes.ts'
import { isMovable } from '../artifact/fresh-bytes.ts'
import type { Encoded } from '../artifact/kind.ts'
import { INLINE_BYTES } from '../ports/result-cache.ts'
import type { ItemResult, KeptValue, SegmentCall, SegmentHooks } from '../ports/step-runner.ts'
import type { Chain } from './live-value.ts'

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

/**
 * The chain's value where it is the file of an input, untouched: neither read nor sent. A page of 500 MB that `document.pages` hands on then costs
 * no memory.
 */
export async function handedOn({ live, matrix, properties, size }: Chain, call: SegmentCall): Promise<KeptValue | undefined> {
  if ('payload' in live) return undefined
  const value = live.value as Encoded
  const file = fileOf(value)
  for (const from of file ? call.inputs : []) {
    const { descriptor } = from
    if (descriptor === undefined || (await from.file?.()) !== file) continue
    const { mediaType } = value
    return { kind: live.kind.name, meta: live.kind.describe(value), mediaType, descriptor, from, matrix, properties, ...(size && { size }) }
  }
  return undefined
}
