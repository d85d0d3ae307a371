import { definePlugin, type Plugin } from '../../index.ts'
import { testCodec } from './codec.ts'
import * as faultOperations from './faults.ts'
import * as operations from './operations.ts'

/** Faults as a plugin, used as any plugin is: what a runner does about them is seen from outside. `module`: the URL of `module.ts`, the plugin's module. */
export function faultsOf(module: string): () => Plugin {
  return definePlugin({
    name: 'imagedoc-plugin-faults',
    version: '1.0.0',
    apiVersion: 1,
    module,
    setup: () => ({ operations: [...Object.values(operations), ...Object.values(faultOperations)], codecs: [testCodec] }),
  })
}
