import { ImageDocError } from '../errors/error.ts'
import type { ItemResult, SegmentCall, SegmentResult } from '../ports/step-runner.ts'
import type { Reply, WireCall, WireResult } from './protocol.ts'

/** Payloads without their bytes. */
export function wireCall(call: SegmentCall): WireCall {
  return { ...call, inputs: call.inputs.map(({ load: _, stream, file: __, ...rest }) => (stream ? { ...rest, large: true } : rest)) }
}

/** @throws the error that the worker answered with. */
export function toResult(reply: Reply): SegmentResult {
  const result = toItem(reply)
  if ('kept' in result) throw new ImageDocError('INTERNAL', 'A worker kept the bytes of a result that is no item.')
  return result
}

/** @throws the error that the worker answered with. */
export function toItem(reply: Reply): ItemResult {
  if ('result' in reply) return fromWire(reply.result)
  throw 'error' in reply ? ImageDocError.fromJSON(reply.error) : new ImageDocError('INTERNAL', 'A worker gave no result.')
}

function fromWire(result: WireResult): ItemResult {
  if ('value' in result || 'kept' in result) return result
  return { ...result, hole: { step: result.hole.step, error: ImageDocError.fromJSON(result.hole.error) } }
}
