import { randomFillSync } from 'node:crypto'
import { createImageDoc, defaultLimits, digestOf, fromBytes, type Pixels } from '@imagedoc/core'
import image, { imageCodec } from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { expect, it } from 'vitest'

const side = 2600
const noise: Pixels = { width: side, height: side, channels: 3, density: null, data: randomFillSync(new Uint8Array(side * side * 3)) }
const decode = async (bytes: Uint8Array): Promise<Pixels> =>
  (await imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal: new AbortController().signal })).pixels

it.each(['image/tiff', 'image/png', 'image/jpeg'])('a large %s is read from its file in a child', async (mediaType) => {
  const file = await imageCodec.encode(noise, { mediaType, options: { quality: 100 } })
  // Smaller ones go to a child in a message, as do those that were read to find their digest.
  expect(file.length).toBeGreaterThan(8 * 1024 ** 2)
  const input = fromBytes(file, { name: 'page', descriptor: { mediaType, digest: digestOf(file), size: file.length } })
  await using imagedoc = createImageDoc({ plugins: [image(), pdf()], isolation: 'children', children: 1 })
  const pipeline = imagedoc.pipeline().step('document.pages').step('image.crop', { left: 100, top: 200, width: 50, height: 1 })
  const { outputs, error } = await imagedoc.run(pipeline.outputs({ 'page.png': 'image.crop' }), { input })
  expect(error).toBeUndefined()
  const page = await outputs['page.png']?.at(0)
  const shown = await decode((await page?.bytes()) ?? new Uint8Array())
  const from = (200 * side + 100) * 3
  expect([...shown.data]).toEqual([...(await decode(file)).data.subarray(from, from + 50 * 3)])
})
