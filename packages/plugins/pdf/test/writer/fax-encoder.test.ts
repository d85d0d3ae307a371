import sharp from 'sharp'
import { expect, it } from 'vitest'
import { encodeGroup4 } from '../../src/writer/fax-encoder.ts'

interface Bits {
  width: number
  height: number
  data: Uint8Array
}

function paintBits(width: number, height: number, isBlack: (x: number, y: number) => boolean): Bits {
  const stride = Math.ceil(width / 8)
  const data = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (isBlack(x, y)) data[y * stride + (x >> 3)] = (data[y * stride + (x >> 3)] ?? 0) | (128 >> (x & 7))
  }
  return { width, height, data }
}

/** A TIFF of one strip around the data, which libtiff decodes: black is 1. */
function asTiff({ width, height }: Bits, strip: Uint8Array): Uint8Array {
  const tags = [
    [256, width],
    [257, height],
    [258, 1],
    [259, 4],
    [262, 0],
    [273, 8 + 2 + 8 * 12 + 4],
    [278, height],
    [279, strip.length],
  ] as const
  const head = Buffer.alloc(8 + 2 + tags.length * 12 + 4)
  head.write('II*\0', 0, 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(tags.length, 8)
  for (const [index, [tag, value]] of tags.entries()) {
    head.writeUInt16LE(tag, 10 + index * 12)
    head.writeUInt16LE(4, 12 + index * 12)
    head.writeUInt32LE(1, 14 + index * 12)
    head.writeUInt32LE(value, 18 + index * 12)
  }
  return Buffer.concat([head, strip])
}

async function decoded(bits: Bits): Promise<Bits> {
  const { data, info } = await sharp(asTiff(bits, encodeGroup4(bits)), { limitInputPixels: false })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return paintBits(info.width, info.height, (x, y) => data[y * info.width + x] === 0)
}

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    return state / 0x7fff_ffff
  }
}

it.each([
  // Every second row is empty, so that the runs of each other are written out: white and black ones of every length to 2800.
  ['runs of every length', paintBits(2800, 5600, (x, y) => y % 2 === 0 && x >= y >> 1)],
  ['black runs between white', paintBits(2700, 5200, (x, y) => y % 2 === 0 && x >= 2 && x < 2 + (y >> 1))],
  ['a row longer than the longest code', paintBits(9000, 3, (x, y) => y === 1 && x > 17)],
  ['one black pixel', paintBits(1, 1, () => true)],
  ['an empty page', paintBits(17, 5, () => false)],
  ['a black page', paintBits(19, 5, () => true)],
])('libtiff reads back %s', async (_name, bits) => {
  expect(Buffer.compare((await decoded(bits)).data, bits.data)).toBe(0)
})

it('libtiff reads back noise of any density and width', async () => {
  const next = random(11)
  for (let round = 0; round < 30; round++) {
    const density = next()
    const bits = paintBits(1 + Math.floor(next() * 300), 1 + Math.floor(next() * 40), () => next() < density)
    expect(Buffer.compare((await decoded(bits)).data, bits.data)).toBe(0)
  }
})
