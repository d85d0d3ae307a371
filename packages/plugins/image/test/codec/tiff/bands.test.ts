import { randomFillSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits } from '@imagedoc/core'
import sharp, { type Sharp } from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { inMemory } from '../../../src/codec/byte-source.ts'
import { imageCodec } from '../../../src/codec/codec.ts'
import { tagTiff } from '../../../src/codec/tiff/metadata.ts'
import { numberField, writeTiff } from '../../../src/codec/tiff/rebuild.ts'
import { damage } from '../damaged.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bands-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Stored in more than 32 MiB. */
const [width, height] = [3401, 3399]
const noise = randomFillSync(new Uint8Array(width * height * 3))
const raw = () => sharp(noise, { raw: { width, height, channels: 3 } })
const tiff = (options: Parameters<Sharp['tiff']>[0], from = raw()) => from.tiff(options).toBuffer()

/** Uncompressed, in one strip; of separate planes one each. */
function singleStrip(planar: boolean): Uint8Array {
  const short = (...values: number[]) => numberField(values, { bytes: 2, little: true })
  const plane = (channel: number): Uint8Array => {
    const samples = new Uint8Array(width * height)
    for (let at = 0, from = channel; at < samples.length; at++, from += 3) samples[at] = noise[from] as number
    return samples
  }
  const fields = new Map([
    ...([256, 257, 278] as const).map((tag) => [tag, short(tag === 256 ? width : height)] as const),
    ...(
      [
        [258, [8, 8, 8]],
        [259, [1]],
        [262, [2]],
        [277, [3]],
        [284, [planar ? 2 : 1]],
      ] as const
    ).map(([tag, values]) => [tag, short(...values)] as const),
  ])
  return writeTiff({
    fields,
    parts: planar ? [0, 1, 2].map((channel) => inMemory(plane(channel))) : [inMemory(noise)],
    tiled: false,
    little: true,
  })
}

async function decodeFile(bytes: Uint8Array) {
  const path = join(folder, 'page.tif')
  await writeFile(path, bytes)
  return imageCodec.decode({ path, size: bytes.length }, { page: 0, limits: defaultLimits, signal: new AbortController().signal })
}

const files: Record<string, () => Promise<Uint8Array> | Uint8Array> = {
  'strips that are not compressed': () => tiff({ compression: 'none' }),
  'tiles with some that reach beyond the edge': () => tiff({ compression: 'deflate', tile: true, tileWidth: 512, tileHeight: 512 }),
  'one strip that is not compressed': () => singleStrip(false),
  'one strip for each colour': () => singleStrip(true),
  'strips that stand upright when turned': () => tiff({ compression: 'none' }, raw().withMetadata({ orientation: 6 })),
  'strips in another colour space': () => tiff({ compression: 'none' }, raw().withIccProfile('p3')),
}

describe('a page that is decoded band by band', () => {
  it.each(Object.entries(files))('of %s has the pixels that sharp reads', async (_, make) => {
    const bytes = await make()
    const { pixels, diagnostics } = await decodeFile(bytes)
    const truth = await sharp(bytes).autoOrient().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
    expect([pixels.width, pixels.height]).toEqual([truth.info.width, truth.info.height])
    expect(Buffer.compare(pixels.data, truth.data)).toBe(0)
    expect(diagnostics).toEqual([])
  })

  it('keeps what is said of it', async () => {
    const exif = { IFD0: { Artist: 'Ann' } }
    const turned = await tiff({ compression: 'none' }, raw().withMetadata({ orientation: 3 }))
    const bytes = tagTiff(turned, { exif, xmp: undefined, texts: {}, density: 300 })
    const { pixels, properties, matrix } = await decodeFile(bytes)
    expect(properties).toMatchObject({ exif })
    expect(pixels.density).toBe(300)
    expect(matrix).toEqual([-1, 0, width, 0, -1, height, 0, 0, 1])
  })

  it('is white where a strip is damaged, and says so', async () => {
    const bytes = new Uint8Array(await tiff({ compression: 'deflate' }))
    bytes.fill(0xff, bytes.length * 0.5, bytes.length * 0.5 + 200)
    const { pixels, diagnostics } = await decodeFile(bytes)
    expect(damage(diagnostics)?.missing).toBeGreaterThan(0)
    expect(damage(diagnostics)?.missing).toBeLessThan(0.1)
    const rows = Math.floor(height * 0.4) * width * 3
    expect(Buffer.compare(pixels.data.subarray(0, rows), noise.subarray(0, rows))).toBe(0)
  })
})
