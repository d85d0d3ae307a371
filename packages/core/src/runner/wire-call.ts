import { ImageDocError } from '../errors/error.ts'
import type { SegmentCall, SegmentResult } from '../ports/step-runner.ts'
import type { Reply, WireCall, WireResult } from './protocol.ts'

/** Payloads without their bytes. */
export function wireCall(call: SegmentCall): WireCall {
  return { ...call, inputs: call.inputs.map(({ load: _, ...rest }) => rest) }
}

/** @throws the error that the worker answered with. */
export function toResult(reply: Reply): SegmentResult {
  if ('result' in reply) return fromWire(reply.result)
  throw 'error' in reply ? ImageDocError.fromJSON(reply.error) : new ImageDocError('INTERNAL', 'A worker gave no result.')
}

function fromWire(result: WireResult): SegmentResult {
  if ('value' in result) return result
  return { ...result, hole: { step: result.hole.step, error: ImageDocError.fromJSON(result.hole.error) } }
}
