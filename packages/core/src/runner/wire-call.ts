import { ImageDocError } from '../errors/error.ts'
import type { ItemResult, OpenExpansion, SegmentCall, SegmentResult } from '../ports/step-runner.ts'
import type { Reply, WireCall, WireResult } from './protocol.ts'
import { UnloadableError } from './unloadable.ts'
import { unpackError } from './wire-error.ts'

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
  throw errorOf(reply)
}

/** The expansion that a worker has opened. @throws the error that it answered with */
export function toOpened(reply: Reply): Pick<OpenExpansion, 'length' | 'steps' | 'diagnostics'> {
  if ('opened' in reply) return { ...reply.opened, steps: fromWireSteps(reply.opened.steps) }
  throw errorOf(reply)
}

function errorOf(reply: Reply): ImageDocError {
  if ('unloadable' in reply) return new UnloadableError(reply.unloadable)
  return 'error' in reply ? unpackError(reply.error) : new ImageDocError('INTERNAL', 'A worker gave something else than it was asked for.')
}

function fromWire(result: WireResult): ItemResult {
  const steps = fromWireSteps(result.steps)
  if ('value' in result || 'kept' in result) return { ...result, steps }
  return { ...result, steps, hole: { step: result.hole.step, error: unpackError(result.hole.error) } }
}

function fromWireSteps(steps: WireResult['steps']): ItemResult['steps'] {
  return steps.map(({ error, ...step }) => (error ? { ...step, error: unpackError(error) } : step))
}
