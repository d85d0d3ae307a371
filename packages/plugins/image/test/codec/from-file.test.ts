import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits } from '@imagedoc/core'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { cut, decode, probe } from './damaged.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-from-file-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const signal = new AbortController().signal
/** Of which a file is larger than what is read of it at a time. */
const side = 560
const noise = Buffer.from(Array.from({ length: side * side * 3 }, (_, index) => (index * 2654435761) >>> 24))
const raw = () => sharp(noise, { raw: { width: side, height: side, channels: 3 } })
const tags = { IFD0: { Artist: 'Ann' } }

const files: Record<string, () => Promise<Uint8Array>> = {
  JPEG: () => raw().jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).withExif(tags).toBuffer(),
  'progressive JPEG': () => raw().jpeg({ quality: 95, progressive: true }).toBuffer(),
  PNG: () => raw().png({ compressionLevel: 1 }).withExif(tags).toBuffer(),
  WebP: () => raw().webp({ lossless: true, effort: 0 }).withExif(tags).toBuffer(),
  AVIF: () => raw().avif({ quality: 80, effort: 0 }).toBuffer(),
  'TIFF in LZW': () => raw().tiff({ compression: 'lzw' }).withExif(tags).toBuffer(),
  'TIFF in tiles': () => raw().tiff({ compression: 'deflate', tile: true, tileWidth: 128, tileHeight: 128 }).toBuffer(),
}

/** Everything that a codec says of a file, but for libvips' own reason: for damaged AVIF it names one of several. */
async function told(input: Parameters<typeof imageCodec.probe>[0]) {
  const settled = await Promise.allSettled([
    imageCodec.probe(input, defaultLimits),
    imageCodec.probe(input, defaultLimits, { depth: 'whole' }),
    imageCodec.decode(input, { page: 0, limits: defaultLimits, signal }),
  ])
  return settled.map((one) =>
    one.status === 'fulfilled' ? one.value : { code: one.reason.code, message: one.reason.message.replace(/\(.*\)/, '') },
  )
}

let count = 0
async function inFile(bytes: Uint8Array): Promise<{ path: string; size: number }> {
  const path = join(folder, String(count++))
  await writeFile(path, bytes)
  return { path, size: bytes.length }
}

describe.each(Object.entries(files))('a %s that lies in a file', (_, make) => {
  it('is what it is in memory', async () => {
    const bytes = await make()
    const [header, whole, decoded] = await told(await inFile(bytes))
    expect([header, whole]).toEqual([await imageCodec.probe(bytes, defaultLimits), await probe(bytes)])
    expect(whole).toMatchObject({ width: side, height: side, portable: true })
    expect(decoded).toEqual(await decode(bytes))
  })

  it.each([0.3, 0.7, 0.97])('is that, too, when it is cut at %d', async (share) => {
    const bytes = cut(await make(), share)
    expect(await told(await inFile(bytes))).toEqual(await told(bytes))
  })

  it('is that, too, when a byte of it is wrong', async () => {
    const bytes = new Uint8Array(await make())
    const at = Math.floor(bytes.length * 0.6)
    bytes[at] = (bytes[at] as number) ^ 0x55
    expect(await told(await inFile(bytes))).toEqual(await told(bytes))
  })
})

it('a damaged file is named without its path', async () => {
  const file = await inFile(cut(await (files['TIFF in LZW'] as () => Promise<Uint8Array>)(), 0.001))
  const whole = Buffer.from(await (files['AVIF'] as () => Promise<Uint8Array>)())
  whole.fill(0x55, whole.length >> 1)
  for (const damaged of [file, await inFile(whole)])
    await expect(imageCodec.decode(damaged, { page: 0, limits: defaultLimits, signal })).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
      message: expect.not.stringContaining(folder),
    })
})

it('a file of no bytes is empty', async () => {
  await expect(imageCodec.probe(await inFile(new Uint8Array(0)), defaultLimits)).rejects.toMatchObject({ code: 'EMPTY_INPUT' })
})
