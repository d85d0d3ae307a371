// The five steps of `chain.ts` in sharp alone, as somebody would write them who knows in which order one sharp instance works.
import sharp, { type Sharp } from 'sharp'

/** Takes the file of a page, gives a PNG. */
export type Chain = (file: Uint8Array) => Promise<Uint8Array>

export const area = { left: 40, top: 54, width: 2400, height: 3400 }
export const degrees = 3.5
export const targetWidth = 1240
export const sigma = 1
const background = '#ffffff'
const limits = { limitInputPixels: 100_000_000 }

async function raw(pipeline: Sharp): Promise<Sharp> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
}

/** What is turned is made grey behind it in the same instance (`toColourspace` works late, `greyscale` would work early). */
const turned = (file: Uint8Array): Sharp => sharp(file, limits).extract(area).rotate(degrees, { background }).toColourspace('b-w')

/** Two instances: sharp scales before it turns, so the turn has to end one. */
export const twoInstances: Chain = async (file) => {
  const grey = await raw(turned(file))
  return grey.resize(targetWidth).sharpen({ sigma }).toColourspace('b-w').png().toBuffer()
}

/** Three: sharpen recomputes what it overlaps of the steps before it in the same instance. */
export const threeInstances: Chain = async (file) => {
  const grey = await raw(turned(file))
  const small = await raw(grey.resize(targetWidth).toColourspace('b-w'))
  return small.sharpen({ sigma }).toColourspace('b-w').png().toBuffer()
}

/** Three, handed over as TIFF without compression: libvips then reads in order. */
export const throughTiff: Chain = async (file) => {
  const grey = await turned(file).tiff({ compression: 'none' }).toBuffer()
  const small = await sharp(grey, limits).resize(targetWidth).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer()
  return sharp(small, limits).sharpen({ sigma }).toColourspace('b-w').png().toBuffer()
}

/** Three, and the unsharp mask as the operation computes it: a blur, and one loop in JavaScript. */
export const ownUnsharp: Chain = async (file) => {
  const grey = await raw(turned(file))
  const { data, info } = await grey.resize(targetWidth).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  const shape = { raw: { width: info.width, height: info.height, channels: 1 as const } }
  const soft = await sharp(data, shape).blur(sigma).toColourspace('b-w').raw().toBuffer()
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    const wanted = 2 * value - (soft[i] as number)
    out[i] = wanted < 0 ? 0 : wanted > 255 ? 255 : wanted
  }
  return sharp(out, shape).toColourspace('b-w').png().toBuffer()
}

/** One instance a step, PNG between them: what most pipelines do. */
export const naive: Chain = async (file) => {
  const cut = await sharp(file, limits).extract(area).png().toBuffer()
  const straight = await sharp(cut, limits).rotate(degrees, { background }).png().toBuffer()
  const grey = await sharp(straight, limits).toColourspace('b-w').png().toBuffer()
  const small = await sharp(grey, limits).resize(targetWidth).toColourspace('b-w').png().toBuffer()
  return sharp(small, limits).sharpen({ sigma }).toColourspace('b-w').png().toBuffer()
}

/** By name; the fastest is what the pipeline is held against. */
export const handWritten: Readonly<Record<string, Chain>> = { twoInstances, threeInstances, throughTiff, ownUnsharp }
