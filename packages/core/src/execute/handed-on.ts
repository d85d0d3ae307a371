import { ImageDocError } from '../errors/error.ts'
import type { KeptValue, SegmentValue } from '../ports/step-runner.ts'
import type { RunScope } from './scope.ts'

/** True for bytes that are in the cache. Those of an input that an expansion handed on go there piece by piece. */
export async function isStored({ results, signal }: RunScope, { descriptor, from }: KeptValue, place: string): Promise<boolean> {
  if (!from) return true
  const { stream } = from
  if (place !== 'cache' || !stream) return false
  return (await results.has(descriptor)) || results.copy(descriptor, await stream(signal))
}

/** With the bytes of the input that was handed on. */
export async function loaded({ descriptor, from, ...value }: KeptValue, signal: AbortSignal): Promise<SegmentValue> {
  if (!from) throw new ImageDocError('INTERNAL', 'A runner left out bytes that nobody said were stored.')
  return { ...value, digest: descriptor.digest, bytes: await from.load(signal) }
}
