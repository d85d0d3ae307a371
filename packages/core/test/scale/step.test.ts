import { renderPage } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { data, defineOperation, definePlugin, image, PIXELS_MEDIA_TYPE } from '../../src/index.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createInProcessRunner } from '../../src/runner/in-process.ts'
import { callOf, hooks, payload } from '../../src/testing/segment-call.ts'

const measure = defineOperation({
  name: 'test.measure',
  version: 1,
  summary: 'Ask twice how large the page is.',
  input: image,
  output: data,
  params: z.strictObject({}),
  run: ({ input, context }) => ({ output: [context.scale(input), context.scale(input)] as never }),
})
const plugin = definePlugin({
  name: 'imagedoc-plugin-test',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [measure] }),
})

it('a step is told how large its page is, and tells of a claim that does not fit once', async () => {
  const page = await renderPage({ seed: 'step', dpi: 200, channels: 1 })
  const input = payload(new Uint8Array(page.pixels), {
    mediaType: PIXELS_MEDIA_TYPE,
    meta: { width: page.width, height: page.height, channels: 1, density: 72 },
  })
  await using runner = createInProcessRunner({ registry: createRegistry([plugin()]), concurrency: 1, threads: 1 })
  const result = await runner.runSegment(callOf([{ use: 'test.measure' }], { inputs: [input] }), hooks())
  const [once, again] = JSON.parse(Buffer.from('value' in result ? result.value.bytes : '').toString())
  expect(once).toEqual({ dpi: expect.closeTo(200, -2), from: 'letters' })
  expect(again).toEqual(once)
  expect(result.diagnostics).toMatchObject([{ code: 'SCALE_DOUBTFUL', step: 'test.measure', details: { claim: 72, used: once.dpi } }])
})
