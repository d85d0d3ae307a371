import { ImageDocError } from '../errors/error.ts'
import type { KeptValue, SegmentValue } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import type { Results } from './results.ts'

/**
 * A value whose bytes a runner left out, because they are stored, or are those of an input that it handed on. With bytes when they have to be stored
 * after all.
 */
export async function storedOrLoaded(
  { results, signal }: Pick<RunContext, 'results' | 'signal'>,
  kept: KeptValue,
  { place, anew }: { place: Parameters<Results['store']>[1]; anew: boolean },
): Promise<KeptValue | SegmentValue> {
  const { from, descriptor, ...facts } = kept
  if (!from && anew) throw new ImageDocError('INTERNAL', 'A runner left out bytes that nobody said were stored.')
  if (!from) return kept
  const { stream } = from
  if (!anew && place === 'cache' && stream && ((await results.has(descriptor)) || (await results.copy(descriptor, await stream(signal)))))
    return kept
  return { ...facts, digest: descriptor.digest, bytes: await from.load(signal) }
}
