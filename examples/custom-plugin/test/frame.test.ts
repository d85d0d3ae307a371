import { readFile } from 'node:fs/promises'
import { createImageDoc, fromBytes, mapPoint } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import example, { frame } from '../src/index.ts'

const page = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#ffffff' } })
  .png()
  .toBuffer()

it('puts a frame around the page, from a JSON pipeline', async () => {
  await using imagedoc = createImageDoc({ plugins: [image(), example()] })
  const pipeline = JSON.parse(await readFile(new URL('../pipelines/framed.json', import.meta.url), 'utf8'))
  const { status, outputs } = await imagedoc.run(pipeline, { input: fromBytes(page, { name: 'page.png' }) })
  const framed = await outputs['framed.png']?.one()
  const { data, info } = await sharp(await framed?.bytes())
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(status).toBe('done')
  expect([info.width, info.height]).toEqual([84, 64])
  expect(data[0]).toBe(0)
  expect(data[32 * info.width * info.channels + 42 * info.channels]).toBe(255)
  expect(mapPoint(framed?.origin.matrix ?? [0, 0, 0, 0, 0, 0, 0, 0, 0], [12, 12])).toEqual([0, 0])
})

it('has parameters that a builder knows', () => {
  expect(frame.params.parse({})).toEqual({ width: 20, colour: '#000000' })
})
