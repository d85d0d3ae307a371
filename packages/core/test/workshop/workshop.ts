import { z } from 'zod'
import {
  createImageDoc,
  createMemoryResultCache,
  definePlugin,
  fromBytes,
  type ImageDocOptions,
  type ResultCache,
  type RunEvent,
  type Source,
} from '../../src/index.ts'
import { testCodec } from './codec.ts'
import { createWorkLog, type WorkLog } from './log.ts'
import { pixelOperations } from './pixel-operations.ts'
import { createProvider, type Provider, textOperations } from './text-operations.ts'

/** The test plugin: tiny operations of every nature, which count their runs in `log`. */
export function workshopPlugin(log: WorkLog = createWorkLog(), provider: Provider = createProvider()) {
  const factory = definePlugin({
    name: 'imagedoc-plugin-workshop',
    version: '1.0.0',
    apiVersion: 1,
    module: import.meta.url,
    options: z.strictObject({ key: z.string().meta({ secret: true }) }),
    setup: () => ({ operations: [...pixelOperations(log), ...textOperations(log, provider)], codecs: [testCodec] }),
  })
  return factory({ key: provider.secret })
}

/** An ImageDoc with the test plugin, its log and its cache. */
export function openWorkshop(options: Partial<Omit<ImageDocOptions<never>, 'plugins'>> & { provider?: Provider } = {}) {
  const log = createWorkLog()
  const provider = options.provider ?? createProvider()
  const cache: ResultCache = options.cache ?? createMemoryResultCache()
  const imagedoc = createImageDoc({ plugins: [workshopPlugin(log, provider)], concurrency: 3, ...options, cache })
  return { imagedoc, log, provider, cache, [Symbol.asyncDispose]: () => imagedoc[Symbol.asyncDispose]() }
}

export function textInput(content: string, name = 'input.txt'): Source {
  return fromBytes(new TextEncoder().encode(content), { name })
}

export function imageInput(bytes: Uint8Array, name = 'input.png'): Source {
  return fromBytes(bytes, { name })
}

/** Collects events; `state` folds them as any client would. */
export function createEventLog(): { events: RunEvent[]; onEvent: (event: RunEvent) => void; ofType(type: RunEvent['type']): RunEvent[] } {
  const events: RunEvent[] = []
  return { events, onEvent: (event) => void events.push(event), ofType: (type) => events.filter((event) => event.type === type) }
}

/** The text of an artifact. */
export async function textOf(artifact: { bytes(): Promise<Uint8Array> }): Promise<string> {
  return new TextDecoder().decode(await artifact.bytes())
}
