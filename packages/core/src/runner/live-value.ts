import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import type { AnyKind } from '../artifact/kind.ts'
import { identity, type Matrix } from '../artifact/matrix.ts'
import type { Payload, SegmentValue } from '../ports/step-runner.ts'

/** What stands between two steps of a segment: an input that nobody has opened yet, or a value as a step gave it. */
export type LiveValue = { readonly payload: Payload } | { readonly kind: AnyKind; readonly value: unknown }

/** The value on the chain, and what the runner keeps beside it. */
export interface Chain {
  readonly live: LiveValue
  /** To the segment's first input. */
  readonly matrix: Matrix | null
  readonly properties: Properties
  /** Of the page in the segment's first input; undefined until its file was opened here. */
  readonly size: OriginalSize | undefined
}

/** The chain before the first step. */
export function chainOf(payload: Payload): Chain {
  return { live: { payload }, matrix: identity, properties: payload.properties, size: undefined }
}

/** What leaves the segment; an input that was handed on untouched leaves it as it came. */
export async function toSegmentValue(chain: Chain, signal: AbortSignal): Promise<SegmentValue> {
  const { live, matrix, size, ...rest } = chain
  const place = { matrix, properties: rest.properties, ...(size && { size }) }
  if ('payload' in live) {
    const { kind, meta, mediaType } = live.payload
    return { kind, meta, mediaType, bytes: await live.payload.load(signal), ...place }
  }
  const { mediaType, bytes } = live.kind.toBytes(live.value)
  return { kind: live.kind.name, meta: live.kind.describe(live.value), mediaType, bytes, ...place }
}
