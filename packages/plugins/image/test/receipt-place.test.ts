import {
  createImageDoc,
  createMemoryResultCache,
  fromBytes,
  mapPoint,
  type PipelineDefinition,
  type Pixels,
  type ReceiptOutput,
} from '@imagedoc/core'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import imagePlugin from '../src/index.ts'
import { writtenPage } from './pages.ts'

const width = 900
const height = 1200
/** The middle of a red square of 9 pixels on the page as it is read. */
const mark = { x: 620.5, y: 810.5 }

/** A skewed page of writing in colour, with the mark. */
function markedPage(): Uint8Array {
  const page: Pixels = writtenPage({ width, height, skew: 3, seed: 11 })
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const isMark = Math.abs(x + 0.5 - mark.x) < 5 && Math.abs(y + 0.5 - mark.y) < 5
      rgb.set(isMark ? [255, 0, 0] : new Array(3).fill(page.data[y * width + x]), (y * width + x) * 3)
    }
  return rgb
}

/**
 * By EXIF orientation (EXIF 2.32, 4.6.4 A): how a page is stored that is to be shown as it is, and where on the stored grid a place of the page
 * lies. Worked out by hand.
 */
const orientations: Record<number, { store: (page: Sharp) => Sharp; placed: (x: number, y: number) => [number, number] }> = {
  1: { store: (page) => page, placed: (x, y) => [x, y] },
  // Shown after half a turn.
  3: { store: (page) => page.rotate(180), placed: (x, y) => [width - x, height - y] },
  // Shown after a quarter turn clockwise: the stored top is the page's right side.
  6: { store: (page) => page.rotate(270), placed: (x, y) => [y, width - x] },
  2: { store: (page) => page.flop(), placed: (x, y) => [width - x, y] },
}

async function fileOf(orientation: number): Promise<Uint8Array> {
  const page = sharp(markedPage(), { raw: { width, height, channels: 3 } })
  const stored = await (orientations[orientation] as (typeof orientations)[number]).store(page).png().toBuffer()
  return sharp(stored).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toBuffer()
}

/** The middle of what is red. */
async function redIn(file: Uint8Array): Promise<[number, number]> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const sum = { x: 0, y: 0, count: 0 }
  for (let at = 0; at < info.width * info.height; at++) {
    if ((data[at * 3] as number) - Math.max(data[at * 3 + 1] as number, data[at * 3 + 2] as number) < 100) continue
    sum.x += (at % info.width) + 0.5
    sum.y += Math.floor(at / info.width) + 0.5
    sum.count++
  }
  expect(sum.count).toBeGreaterThan(20)
  return [sum.x / sum.count, sum.y / sum.count]
}

const pipeline: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'image.crop', with: { left: 40, top: 60, width: 820, height: 1080 } },
    { use: 'image.deskew' },
    { id: 'turned', use: 'image.rotate', with: { angle: 7 } },
    { id: 'large', use: 'image.resize', with: { width: 1300 } },
  ],
  outputs: { 'page.png': 'large', 'turned.png': 'turned' },
}

describe('the place of an output in its original, by the receipt', () => {
  it.each(Object.keys(orientations).map(Number))(
    'leads back to the stored grid of a JPEG with EXIF orientation %i',
    async (orientation) => {
      await using cache = createMemoryResultCache()
      await using imagedoc = createImageDoc({ plugins: [imagePlugin()], cache })
      const bytes = await fileOf(orientation)
      const input = fromBytes(bytes, { name: 'page.jpg' })
      const cold = await imagedoc.run(pipeline, { input })
      expect(cold.diagnostics).toMatchObject([{ code: 'SKEW_CORRECTED' }])
      const stored = await sharp(bytes).metadata()
      for (const [name, output] of Object.entries(cold.outputs)) {
        const [told] = cold.receipt.outputs[name] as [ReceiptOutput]
        const source = cold.receipt.inputs.input?.[0]?.digest
        expect(told.original).toEqual({ source, width: stored.width, height: stored.height, unit: 'px' })
        const [x, y] = mapPoint(told.matrix as NonNullable<typeof told.matrix>, await redIn(await (await output.one()).bytes()))
        const [wantedX, wantedY] = (orientations[orientation] as (typeof orientations)[number]).placed(mark.x, mark.y)
        expect(Math.hypot(x - wantedX, y - wantedY)).toBeLessThan(1)
      }
      const warm = await imagedoc.run(pipeline, { input })
      expect(warm.receipt.outputs).toEqual(cold.receipt.outputs)
      expect(warm.receipt.steps.map(({ pages }) => pages.miss)).toEqual([0, 0, 0, 0])
    },
  )
})
