import {
  createImageDoc,
  createMemoryResultCache,
  fromBytes,
  type ImageDocOptions,
  type ResultCache,
  type RunEvent,
  type Source,
} from '../../src/index.ts'
import { createWorkLog } from './log.ts'
import { workshopPlugin } from './plugin.ts'
import { createProvider, type Provider } from './text-operations.ts'

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
