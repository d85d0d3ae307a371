import { definePlugin } from '../../index.ts'
import { testCodec } from './codec.ts'
import * as faultOperations from './faults.ts'
import * as operations from './operations.ts'

/** Faults as a plugin, used as any plugin is: what a runner does about them is seen from outside. */
const faults = definePlugin({
  name: 'imagedoc-plugin-faults',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [...Object.values(operations), ...Object.values(faultOperations)], codecs: [testCodec] }),
})

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which threads and children find it
export default faults
