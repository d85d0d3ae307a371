import { ImageDocError } from '../errors/error.ts'
import type { ItemResult, Payload, SegmentCall, SegmentResult } from '../ports/step-runner.ts'
import type { Reply, WireCall, WireResult } from './protocol.ts'

/** Payloads without their bytes. */
export function wireCall(call: SegmentCall): WireCall {
  return { ...call, inputs: call.inputs.map(({ load: _, stream, file: __, ...rest }) => (stream ? { ...rest, large: true } : rest)) }
}

/** @throws the error that the worker answered with. */
export function toResult(reply: Reply): SegmentResult {
  const result = resultOf(reply)
  if ('kept' in result) throw new ImageDocError('INTERNAL', 'A worker kept the bytes of a result that is no item.')
  return fromWire(result)
}

/**
 * @param inputs of the call, one of which the item may be
 * @param asks true when the worker may ask what is stored; of another no digest is believed
 * @throws the error that the worker answered with
 */
export function toItem(reply: Reply, { inputs, asks }: { inputs: readonly Payload[]; asks: boolean }): ItemResult {
  const result = resultOf(reply)
  if (!('kept' in result)) return fromWire(result)
  const { input, ...kept } = result.kept
  if (input === undefined && asks) return { ...result, kept }
  const from = inputs[input ?? -1]
  if (!from?.descriptor) throw new ImageDocError('INTERNAL', 'A worker kept the bytes of an item that are not known here.')
  return { ...result, kept: { ...kept, mediaType: from.mediaType, descriptor: from.descriptor, from } }
}

function resultOf(reply: Reply): WireResult {
  if ('result' in reply) return reply.result
  throw 'error' in reply ? ImageDocError.fromJSON(reply.error) : new ImageDocError('INTERNAL', 'A worker gave no result.')
}

function fromWire(result: Exclude<WireResult, { kept: unknown }>): SegmentResult {
  if ('value' in result) return result
  return { ...result, hole: { step: result.hole.step, error: ImageDocError.fromJSON(result.hole.error) } }
}
