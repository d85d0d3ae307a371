import { data, defineOperation, definePlugin, image, type Json } from '@imagedoc/core'
import { z } from 'zod'

/** Gives the middle of what is red, in pixels. */
const findRed = defineOperation({
  name: 'test.find-red',
  version: 1,
  summary: 'Find the middle of what is red.',
  input: image,
  output: data,
  params: z.strictObject({}),
  run({ input: { data, width, height, channels } }) {
    const sum = { x: 0, y: 0, count: 0 }
    for (let at = 0; at < width * height; at++) {
      const [red = 0, green = 0, blue = 0] = data.subarray(at * channels, at * channels + 3)
      if (channels < 3 || red - Math.max(green, blue) < 100) continue
      sum.x += (at % width) + 0.5
      sum.y += Math.floor(at / width) + 0.5
      sum.count++
    }
    const output: Json = { x: sum.x / sum.count, y: sum.y / sum.count, count: sum.count }
    return { output }
  },
})
/** Where a mark lies, as an operation tells: its pixels never leave the run. */
// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which threads and children find it
export default definePlugin({
  name: 'imagedoc-plugin-finder',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  options: z.undefined(),
  setup: () => ({ operations: [findRed] }),
})
