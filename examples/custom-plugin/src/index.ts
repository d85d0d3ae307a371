import { definePlugin } from '@imagedoc/core'
import { frame } from './frame.ts'

export { frame }

/** A plugin as anybody can publish one: npm name `imagedoc-plugin-*`, keyword `imagedoc-plugin`, the factory as default export. */
export default definePlugin({
  name: 'imagedoc-plugin-example',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [frame] }),
})
