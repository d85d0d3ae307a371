import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import translate from '../src/index.ts'
import { type DeepLServer, type Fault, startDeepL } from './deepl-server.ts'
import { openTranslator, type Reading } from './translating.ts'

let server: DeepLServer
let deepl: Reading

beforeEach(async () => {
  server = await startDeepL()
  deepl = await openTranslator('deepl', { deepl: { authKey: server.key, serverUrl: server.url, attempts: 1, timeoutMs: 300 } })
})
afterEach(async () => {
  await deepl[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

describe('translate.text with DeepL', () => {
  it('translates paragraphs and leaves empty lines and form feeds as they are', async () => {
    const output = await deepl.translate('\nUm\ndois.\n\n\n  Três.\f\fQuatro\n', { to: 'en-US', from: 'por' })
    expect(output).toEqual({ text: '\nen-US:Um dois.\n\n\n  en-US:Três.\f\fen-US:Quatro\n', language: 'en-US' })
    expect(server.received).toMatchObject([{ texts: ['Um dois.', 'Três.', 'Quatro'], source: 'pt', target: 'en-US', formality: null }])
  })

  it('sends nothing for a text without words', async () => {
    expect((await deepl.translate(' \n\f\n ', { to: 'de' })).text).toBe(' \n\f\n ')
    expect((await deepl.translate('', { to: 'de' })).text).toBe('')
    expect(server.received).toEqual([])
  })

  it('lets DeepL find the language that is not given', async () => {
    await deepl.translate({ text: 'Um', language: 'por' }, { to: 'de' })
    expect(server.received).toMatchObject([{ source: null, target: 'de' }])
  })

  it('translates lines by themselves when it is told to keep them', async () => {
    expect((await deepl.translate('Um\ndois', { to: 'de', lines: 'keep' })).text).toBe('de:Um\nde:dois')
  })

  it('asks for the formality it is given', async () => {
    await deepl.translate('Um', { to: 'de', formality: 'prefer-less' })
    expect(server.received).toMatchObject([{ formality: 'prefer_less' }])
  })

  it('sends no more than 50 texts and 128 KiB at once, and repeated paragraphs once', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `Parágrafo ${index % 110}`)
    expect((await deepl.translate(many.join('\n\n'), { to: 'de' })).text).toBe(many.map((one) => `de:${one}`).join('\n\n'))
    expect(server.received.map(({ texts }) => texts.length)).toEqual([50, 50, 10])
    server.received.length = 0
    const wide = Array.from({ length: 12 }, (_, index) => `${index}${'ação '.repeat(2000)}fim`)
    await deepl.translate(wide.join('\n\n'), { to: 'de' })
    expect(server.received.length).toBeGreaterThan(1)
    expect(Math.max(...server.received.map(({ bytes }) => bytes))).toBeLessThanOrEqual(128 * 1024)
  })

  it('cuts a paragraph that is too long for a request behind a sentence', async () => {
    const sentence = 'Esta é uma frase com ação e coração, que não acaba tão cedo. '
    const paragraph = sentence.repeat(4000).trim()
    const { text } = await deepl.translate(paragraph, { to: 'de' })
    expect(text.replaceAll('de:', '')).toBe(paragraph)
    expect(server.received.length).toBeGreaterThan(1)
    expect(server.received.flatMap(({ texts }) => texts).every((piece) => piece.endsWith('cedo.'))).toBe(true)
  })

  it('translates only the changed paragraph when it runs again', async () => {
    const paragraphs = Array.from({ length: 70 }, (_, index) => `Parágrafo ${index}`)
    await deepl.translate(paragraphs.join('\n\n'), { to: 'de' })
    server.received.length = 0
    const changed = paragraphs.with(33, 'Outro')
    expect((await deepl.translate(changed.join('\n\n'), { to: 'de' })).text).toBe(changed.map((one) => `de:${one}`).join('\n\n'))
    expect(server.received.map(({ texts }) => texts)).toEqual([['Outro']])
    await deepl.translate('Outro', { to: 'fr' })
    await deepl.translate('Outro', { to: 'de', formality: 'more' })
    expect(server.received).toHaveLength(3)
  })

  it('does not wait for ever for a paragraph that someone else translates', async () => {
    const { memo } = deepl.context
    let finishOther: (value: string) => void = () => {}
    const other = new Promise<string>((resolve) => {
      finishOther = resolve
    })
    const held: typeof memo = (key, compute) =>
      JSON.stringify(key).includes('Dois') ? (other as ReturnType<typeof compute>) : memo(key, compute)
    Object.assign(deepl.context, { memo: held })
    const translating = deepl.translate('Um\n\nDois', { to: 'de' })
    await expect.poll(() => server.received.map(({ texts }) => texts)).toEqual([['Um']])
    finishOther('de:von anderswo')
    expect((await translating).text).toBe('de:Um\n\nde:von anderswo')
  })

  it('tells how far it is', async () => {
    await deepl.translate(Array.from({ length: 101 }, (_, index) => `P ${index}`).join('\n\n'), { to: 'de' })
    expect(deepl.context.done).toEqual([1 / 3, 2 / 3, 1])
  })

  it('does not say on which system it runs', async () => {
    await deepl.translate('Um', { to: 'de' })
    expect(server.received[0]?.agent).toMatch(/^deepl-node\/[\d.]+$/)
  })

  it.for<[Fault, string, boolean]>([
    [403, 'PROVIDER_AUTH', false],
    [456, 'PROVIDER_QUOTA', false],
    [429, 'PROVIDER_RATE_LIMITED', true],
    [413, 'PROVIDER_REJECTED', false],
    [400, 'PROVIDER_REJECTED', false],
    [404, 'PROVIDER_REJECTED', false],
    [500, 'PROVIDER_UNREACHABLE', true],
    [503, 'PROVIDER_UNREACHABLE', true],
    ['silent', 'PROVIDER_UNREACHABLE', true],
    ['reset', 'PROVIDER_UNREACHABLE', true],
    ['html', 'PROVIDER_REJECTED', false],
    ['short', 'PROVIDER_REJECTED', false],
  ])('answers %s with %s and shows neither key nor text', async ([fault, code, retryable]) => {
    server.faults.push(fault)
    const failure = await deepl.translate('Um segredo', { to: 'de' }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code, retryable })
    const shown = inspect(failure, { depth: 20, showHidden: true }) + JSON.stringify(failure)
    for (const secret of [server.key, encodeURIComponent(server.key), Buffer.from(server.key).toString('base64'), 'segredo'])
      expect(shown).not.toContain(secret)
    expect((await deepl.translate('Um segredo', { to: 'de' })).text).toBe('de:Um segredo')
  })

  it('says that nobody answers where no server is', async () => {
    await server[Symbol.asyncDispose]()
    const failure = await deepl.translate('Um', { to: 'de' }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', retryable: true })
    expect(inspect(failure, { depth: 20 })).not.toContain(server.key)
    server = await startDeepL()
  })

  it('tries again by itself as often as it is told', { timeout: 20_000 }, async () => {
    await using patient = await openTranslator('deepl', { deepl: { authKey: server.key, serverUrl: server.url, attempts: 2 } })
    server.faults.push(429)
    expect((await patient.translate('Um', { to: 'de' })).text).toBe('de:Um')
    expect(server.received).toHaveLength(2)
  })

  it('settles at once when it is aborted, hangs up and sends no more', async () => {
    const slow = await openTranslator('deepl', { deepl: { authKey: server.key, serverUrl: server.url, timeoutMs: 5000 } })
    server.faults.push('silent')
    const abort = new AbortController()
    const translating = slow.translate(Array.from({ length: 60 }, (_, index) => `P ${index}`).join('\n\n'), { to: 'de' }, abort.signal)
    const rejected = expect(translating).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => server.received.length).toBe(1)
    const asked = performance.now()
    abort.abort()
    await rejected
    expect(performance.now() - asked).toBeLessThan(200)
    await expect.poll(server.abandoned, { timeout: 500 }).toBe(1)
    expect(server.received).toHaveLength(1)
  })

  it('is not available without a key, and names both ways out', async () => {
    await using keyless = await openTranslator('deepl', {})
    expect(await keyless.engine.available({ to: 'de' })).toMatchObject({
      ok: false,
      remedy: expect.stringMatching(/deepl\.authKey.*apertium/),
    })
    await expect(keyless.translate('Um', { to: 'de' })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  })

  it('wants a region for English and Portuguese and says which there are', async () => {
    expect(await deepl.engine.available({ to: 'en' })).toMatchObject({ ok: false, remedy: 'Write "en-US" or "en-GB".' })
    expect(await deepl.engine.available({ to: 'por' })).toMatchObject({ ok: false, remedy: 'Write "pt-BR" or "pt-PT".' })
    expect(await deepl.engine.available({ to: 'en-GB' })).toEqual({ ok: true })
    await expect(deepl.translate('Um', { to: 'en' })).rejects.toMatchObject({
      code: 'LANGUAGE_MISSING',
      path: 'with.to',
      message: expect.stringContaining('"en-US" or "en-GB"'),
    })
    expect(server.received).toEqual([])
  })

  it('has a fingerprint without the key, and with another server', async () => {
    const own = await deepl.engine.fingerprint({ to: 'de' })
    expect(JSON.stringify(own)).not.toContain(server.key)
    await using usual = await openTranslator('deepl', { deepl: { authKey: 'another' } })
    expect(await usual.engine.fingerprint({ to: 'de' })).toEqual({ deepl: 'v2' })
    expect(own).not.toEqual({ deepl: 'v2' })
  })

  it('keeps the key out of the options that threads and children are given, which are enough there', () => {
    const plugin = translate({ deepl: { authKey: server.key, serverUrl: server.url } })
    expect(plugin.publicOptions).toEqual({ deepl: { serverUrl: server.url } })
    expect(translate(plugin.publicOptions as Parameters<typeof translate>[0]).operations).toHaveLength(1)
    expect(() => translate({ deepl: { authkey: server.key } as never })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(server.key) }),
    )
  })
})
