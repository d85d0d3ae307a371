import { type Availability, abortError, type Engine, ImageDocError, isImageDocError, throwIfAborted } from '@imagedoc/core'
import type { DeepLClient, SourceLanguageCode, TargetLanguageCode } from 'deepl-node'
import { parseLanguage } from '../language.ts'
import type { DeepLOptions } from '../options.ts'
import { type TranslateParams, translateParams } from '../params.ts'
import type { Job, Translator } from '../translator.ts'
import { createBatch } from './batch.ts'
import { deeplError } from './deepl-error.ts'
import { requestGroups, requestPieces } from './request-size.ts'

/** English and Portuguese are no targets by themselves: a reader's spelling has to be chosen. */
const regional: Record<string, readonly string[]> = { en: ['en-US', 'en-GB'], pt: ['pt-BR', 'pt-PT'] }
const keyRemedy = 'Give a key in the option "deepl.authKey" of @imagedoc/plugin-translate, or install the engine "apertium".'

/** DeepL's API: good translations, of what is sent over the network to it. */
export function deepl(options: DeepLOptions): Engine<Translator> {
  return {
    id: 'deepl',
    network: true,
    available: async (params) =>
      options.authKey ? targetAvailable(translateParams.parse(params)) : { ok: false, why: 'DeepL has no key.', remedy: keyRemedy },
    // DeepL does not name its models; another server may be another service. The key changes nothing.
    fingerprint: async () => ({ deepl: 'v2', ...(options.serverUrl && { server: new URL(options.serverUrl).host }) }),
    open: async () => createDeepLTranslator(options),
  }
}

function targetAvailable({ to }: TranslateParams): Availability {
  const wanted = ambiguous(to)
  if (!wanted) return { ok: true }
  return { ok: false, why: `DeepL does not translate into "${to}" without a region.`, remedy: `Write ${wanted}.` }
}

/** `"en-US" or "en-GB"` where a target needs a region and has none. */
function ambiguous(to: string): string | undefined {
  const target = parseLanguage(to)
  return target && !target.region ? regional[target.language]?.map((tag) => `"${tag}"`).join(' or ') : undefined
}

function createDeepLTranslator(options: DeepLOptions): Translator & AsyncDisposable {
  return {
    async translate(segments, job) {
      const { params, context } = job
      const wanted = ambiguous(params.to)
      if (wanted)
        throw new ImageDocError('LANGUAGE_MISSING', `DeepL does not translate into "${params.to}" without a region; write ${wanted}.`, {
          path: 'with.to',
        })
      const request = createRequest(await createClient(options, context.signal), params)
      const known = new Map<string, string>()
      const pieces = segments.map(requestPieces)
      const groups = requestGroups([...new Set(pieces.flat())])
      for (const [index, group] of groups.entries()) {
        throwIfAborted(context.signal)
        const translations = await translateGroup(group, { job, request })
        for (const [at, text] of group.entries()) known.set(text, translations[at] as string)
        context.progress((index + 1) / groups.length)
      }
      return pieces.map((parts) => parts.map((part) => known.get(part)).join(' '))
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

type Request = (texts: readonly string[]) => Promise<readonly string[]>

/** Each text by its memo; those that were never translated go out together. */
function translateGroup(group: readonly string[], { job, request }: { job: Job; request: Request }): Promise<string[]> {
  const { params, context } = job
  const batch = createBatch(group.length, (texts) => unlessAborted(context.signal, request(texts)))
  const { to, formality } = params
  const from = params.from ?? null
  return Promise.all(
    group.map(async (text) => {
      let added = false
      const add = (): Promise<string> => {
        added = true
        return batch.add(text)
      }
      try {
        return await context.memo({ text, from, to, formality }, add)
      } finally {
        if (!added) batch.skip()
      }
    }),
  )
}

function createRequest(client: DeepLClient, { to, from, formality }: TranslateParams): Request {
  const source = from === undefined ? null : ((parseLanguage(from)?.language ?? from) as SourceLanguageCode)
  const target = new Intl.Locale(to.replaceAll('_', '-')).toString() as TargetLanguageCode
  const settings =
    formality === 'default' ? {} : { formality: formality.replace('-', '_') as 'more' | 'less' | 'prefer_more' | 'prefer_less' }
  return async (texts) => {
    try {
      const results = await client.translateText([...texts], source, target, settings)
      if (results.length !== texts.length) throw new Error('Not as many translations as texts.')
      return results.map((result) => result.text)
    } catch (error) {
      throw isImageDocError(error) ? error : deeplError(error)
    }
  }
}

/** Loaded when it is used: with its HTTP client it costs more than the rest of the plugin. */
async function createClient({ authKey, serverUrl, timeoutMs, attempts }: DeepLOptions, signal: AbortSignal): Promise<DeepLClient> {
  if (!authKey) throw new ImageDocError('ENGINE_UNAVAILABLE', `DeepL has no key. ${keyRemedy}`)
  const { DeepLClient } = await import('deepl-node')
  const client = new DeepLClient(authKey, {
    ...(serverUrl && { serverUrl }),
    minTimeout: timeoutMs,
    maxRetries: attempts,
    sendPlatformInfo: false,
  })
  hangUpOnAbort(client, signal)
  return client
}

/**
 * deepl-node takes no signal, but axios below it does: without one an aborted request holds its connection, and the process, until its
 * time is up. Should another version be built otherwise, that is all that is lost.
 */
function hangUpOnAbort(client: DeepLClient, signal: AbortSignal): void {
  const { httpClient } = client as unknown as { httpClient?: { prepareRequest?: (...details: unknown[]) => object } }
  const prepare = httpClient?.prepareRequest
  if (httpClient && prepare) httpClient.prepareRequest = (...details) => ({ ...prepare.apply(httpClient, details), signal })
}

/** Does not wait for deepl-node, which may be asleep between two attempts. */
function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortError(signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
