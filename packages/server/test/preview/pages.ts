import { type AnyOperation, defaultLimits, fromBytes, type ImageDoc, type Pixels, type StepDefinition } from '@imagedoc/core'
import { imageCodec } from '@imagedoc/plugin-image'

const signal = new AbortController().signal

/** The pixels of an image file. */
export async function decoded(bytes: Uint8Array): Promise<Pixels> {
  return (await imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })).pixels
}

/** What steps make of an image file, by an ordinary run. */
export async function ran(imagedoc: ImageDoc<AnyOperation>, file: Uint8Array, steps: StepDefinition[]): Promise<Pixels> {
  const last = { ...(steps.at(-1) as StepDefinition), id: 'last' }
  const definition = { version: 1 as const, steps: [...steps.slice(0, -1), last], outputs: { 'page.png': 'last' } }
  const { outputs, error } = await imagedoc.run(definition, { input: fromBytes(file, { name: 'page' }) })
  if (error) throw error
  return decoded(await (await outputs['page.png']!.one()).bytes())
}

/** Grey levels that two images of the same size differ by, on average over all their values. */
export function meanDifference(one: Pixels, other: Pixels): number {
  if (one.width !== other.width || one.height !== other.height || one.channels !== other.channels)
    throw new Error(`${one.width} x ${one.height} x ${one.channels} against ${other.width} x ${other.height} x ${other.channels}`)
  let sum = 0
  for (let at = 0; at < one.data.length; at++) sum += Math.abs((one.data[at] as number) - (other.data[at] as number))
  return sum / one.data.length
}

/** A rectangle of an image, in whole pixels. */
export function cutOut({ width, channels, data }: Pixels, at: { left: number; top: number; width: number; height: number }): Uint8Array {
  const rows = Array.from({ length: at.height }, (_, y) => {
    const from = ((at.top + y) * width + at.left) * channels
    return data.subarray(from, from + at.width * channels)
  })
  return Buffer.concat(rows)
}
