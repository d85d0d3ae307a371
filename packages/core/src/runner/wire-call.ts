import { ImageDocError } from '../errors/error.ts'
import type { ItemResult, OpenExpansion, Payload, SegmentCall, SegmentResult } from '../ports/step-runner.ts'
import type { Reply, WireCall, WireResult } from './protocol.ts'
import { UnloadableError } from './unloadable.ts'
import { unpackError } from './wire-error.ts'

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
  const steps = fromWireSteps(result.steps)
  const { input, ...kept } = result.kept
  if (input === undefined && asks) return { ...result, steps, kept }
  const from = inputs[input ?? -1]
  if (!from?.descriptor) throw new ImageDocError('INTERNAL', 'A worker kept the bytes of an item that are not known here.')
  return { ...result, steps, kept: { ...kept, mediaType: from.mediaType, descriptor: from.descriptor, from } }
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

function resultOf(reply: Reply): WireResult {
  if ('result' in reply) return reply.result
  throw errorOf(reply)
}

function fromWire(result: Exclude<WireResult, { kept: unknown }>): SegmentResult {
  const steps = fromWireSteps(result.steps)
  if ('value' in result) return { ...result, steps }
  return { ...result, steps, hole: { step: result.hole.step, error: unpackError(result.hole.error) } }
}

function fromWireSteps(steps: WireResult['steps']): ItemResult['steps'] {
  return steps.map(({ error, ...step }) => (error ? { ...step, error: unpackError(error) } : step))
}
