import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import { defaultLimits } from '../artifact/limits.ts'
import { pageOf } from '../artifact/page-id.ts'
import type { Json } from '../errors/error.ts'
import type { Payload, SegmentCall, SegmentHooks, SegmentStep } from '../ports/step-runner.ts'
import { testImage } from './faults/codec.ts'

type StepParts = Partial<SegmentStep> & { use: string; with?: Json }

/** A step as a plan makes it, the first one bound to input 0, the others to the chain. */
export function step(parts: StepParts, index = 0): SegmentStep {
  const { with: params = {}, ...rest } = parts
  const bindings = { input: index === 0 ? { input: 0 } : { chain: true as const } }
  return { id: parts.use, path: `steps[${index}]`, params, engine: null, bindings, onError: 'fail', timeoutMs: 20_000, retries: 0, ...rest }
}

/** A call over a chain of steps. */
export function callOf(steps: readonly StepParts[], parts: Partial<SegmentCall> = {}): SegmentCall {
  return { inputs: [payload()], page: pageOf(null), limits: defaultLimits, ...parts, steps: steps.map(step) }
}

/** An image file as it came in. */
export function payload(bytes: Uint8Array = testImage(), parts: Partial<Payload> = {}): Payload {
  return { kind: 'image', meta: null, mediaType: 'image/x-test', properties: {}, load: async () => bytes, ...parts }
}

export function hooks(parts: Partial<SegmentHooks> = {}): SegmentHooks {
  return { signal: new AbortController().signal, ...parts }
}

/** Raw pixels, 2 by 2 at 100 dpi unless told; `load` is told of every load. */
export function pixels(data: ArrayLike<number>, parts: { width?: number; height?: number; load?: () => void } = {}): Payload {
  const { width = 2, height = 2, load } = parts
  const bytes = data instanceof Uint8Array ? data : Uint8Array.from(data)
  return payload(bytes, {
    mediaType: PIXELS_MEDIA_TYPE,
    meta: { width, height, channels: 1, density: 100 },
    load: async () => {
      load?.()
      return bytes
    },
  })
}
