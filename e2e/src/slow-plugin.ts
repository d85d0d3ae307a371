// A step that takes as long as it is told, so that processes can be killed in the middle of a run; through the interface that any plugin has.
import { defineOperation, definePlugin, image } from '@imagedoc/core'
import { z } from 'zod'

const wait = defineOperation({
  name: 'slow.wait',
  version: 1,
  summary: 'Pass a page on after a while.',
  input: image,
  output: image,
  params: z.strictObject({ ms: z.int() }),
  // What is computed must be worth keeping.
  traits: { deterministic: true, cost: 'heavy', blocking: false },
  run: async ({ input, params, context }) => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, params.ms)
      context.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    return { output: { ...input, data: input.data.slice() } }
  },
})

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory
export default definePlugin({
  name: 'imagedoc-plugin-slow',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [wait] }),
})
