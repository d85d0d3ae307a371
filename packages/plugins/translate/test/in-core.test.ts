import { createImageDoc, fromBytes, type PipelineDefinition } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import translate, { type TranslateOptions } from '../src/index.ts'
import { startDeepL } from './deepl-server.ts'
import { apertiumMissing } from './translating.ts'

const missing = await apertiumMissing()
const pipeline = (params: Record<string, string>, step: { retries?: number; engine?: string } = {}): PipelineDefinition => ({
  version: 1,
  steps: [{ id: 'other', use: 'translate.text', with: params, ...step }],
  outputs: { 'other.txt': 'other' },
})
const source = (text: string) => ({ input: fromBytes(new TextEncoder().encode(text), { name: 'letter.txt' }) })

function open(options: TranslateOptions) {
  const imagedoc = createImageDoc({ plugins: [translate(options)] })
  return {
    imagedoc,
    async run(text: string, definition: PipelineDefinition): Promise<string> {
      const result = await imagedoc.run(definition, source(text))
      if (result.status !== 'done') throw result.error
      const output = await result.outputs['other.txt']?.one()
      return new TextDecoder().decode(await output?.bytes())
    },
    [Symbol.asyncDispose]: () => imagedoc[Symbol.asyncDispose](),
  }
}

describe('translate.text in a pipeline', { timeout: 30_000 }, () => {
  it('sends and pays for a changed paragraph alone', async () => {
    await using server = await startDeepL()
    await using core = open({ deepl: { authKey: server.key, serverUrl: server.url, attempts: 1 } })
    expect(await core.run('Um\n\nDois\n\nTrês', pipeline({ to: 'de' }))).toBe('de:Um\n\nde:Dois\n\nde:Três')
    expect(await core.run('Um\n\nOutro\n\nTrês', pipeline({ to: 'de' }))).toBe('de:Um\n\nde:Outro\n\nde:Três')
    expect(await core.run('Um\n\nOutro\n\nTrês', pipeline({ to: 'de' }))).toBe('de:Um\n\nde:Outro\n\nde:Três')
    expect(server.received.map(({ texts }) => texts)).toEqual([['Um', 'Dois', 'Três'], ['Outro']])
  })

  it('is tried again as often as the step says, where that may help', async () => {
    await using server = await startDeepL()
    await using core = open({ deepl: { authKey: server.key, serverUrl: server.url, attempts: 1 } })
    server.faults.push(429, 503)
    expect(await core.run('Um', pipeline({ to: 'de' }, { retries: 2 }))).toBe('de:Um')
    server.faults.push(456)
    await expect(core.run('Dois', pipeline({ to: 'de' }, { retries: 2 }))).rejects.toMatchObject({
      code: 'PROVIDER_QUOTA',
      path: 'steps[0]',
    })
    expect(server.received).toHaveLength(4)
  })

  it('fails when it is planned, naming both ways out, where no engine can do it', async () => {
    await using core = open({ apertium: { path: '/nowhere/apertium' } })
    const planned = core.imagedoc.explain(pipeline({ from: 'pt', to: 'en-US' }), source('Um'))
    await expect(planned).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/deepl\.authKey.*apertium-es-pt apertium-eng-spa/s),
    })
  })

  it.skipIf(missing)('takes Apertium where DeepL has no key or no such target', async () => {
    await using server = await startDeepL()
    await using keyless = open({})
    expect(await keyless.run('A casa é branca.', pipeline({ from: 'pt', to: 'es' }))).toBe('La casa es blanca.')
    await using core = open({ deepl: { authKey: server.key, serverUrl: server.url } })
    expect(await core.run('A casa é branca.', pipeline({ from: 'pt', to: 'en-GB' }))).toBe('en-GB:A casa é branca.')
    expect(await core.run('A casa é branca.', pipeline({ from: 'pt', to: 'en-GB' }, { engine: 'apertium' }))).toBe('The house is white.')
    expect(await core.run('A casa é branca.', pipeline({ from: 'pt', to: 'en' }))).toBe('The house is white.')
  })
})
