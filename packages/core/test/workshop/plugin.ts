import { z } from 'zod'
import { type AnyOperation, definePlugin } from '../../src/index.ts'
import { testCodec } from './codec.ts'
import { createWorkLog, type WorkLog } from './log.ts'
import { pixelOperations } from './pixel-operations.ts'
import { createProvider, type Provider, textOperations } from './text-operations.ts'

/** Where the log is: a thread would count in one of its own. */
function inMainThread<Operation extends AnyOperation>(operation: Operation): Operation {
  return { ...operation, traits: { ...operation.traits, blocking: false } }
}

function defineWorkshop(log: WorkLog, provider: Provider) {
  return definePlugin({
    name: 'imagedoc-plugin-workshop',
    version: '1.0.0',
    apiVersion: 1,
    module: import.meta.url,
    options: z.strictObject({ key: z.string().meta({ secret: true }).optional() }).optional(),
    setup: () => ({ operations: [...pixelOperations(log), ...textOperations(log, provider)].map(inMainThread), codecs: [testCodec] }),
  })
}

/** The test plugin: tiny operations of every nature, which count their runs in `log`. */
export function workshopPlugin(log: WorkLog = createWorkLog(), provider: Provider = createProvider()) {
  return defineWorkshop(log, provider)({ key: provider.secret })
}

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which threads and children find it
export default defineWorkshop(createWorkLog(), createProvider())
