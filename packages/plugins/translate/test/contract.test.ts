import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describePluginContract } from '@imagedoc/core/testing'
import { afterAll, describe } from 'vitest'
import translate from '../src/index.ts'
import { apertiumMissing } from './translating.ts'

const missing = await apertiumMissing()

/** "Translates" by putting what was asked for before the text, so that whatever DeepL would be told changes the result. */
const server = createServer(async (request, response) => {
  const fields = new URLSearchParams((await Array.fromAsync(request)).join(''))
  const asked = ['source_lang', 'target_lang', 'formality'].map((name) => fields.get(name) ?? 'none').join(' ')
  const translations = fields.getAll('text').map((text) => ({ detected_source_language: 'PT', text: `${asked}: ${text}` }))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ translations }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const input = { text: 'Uma casa\nbranca.\n\nOutra.', language: 'pt' }

describe('by DeepL', () => {
  describePluginContract(translate({ deepl: { authKey: 'made-up', serverUrl } }), {
    samples: {
      'translate.text': {
        input,
        params: { to: 'en-US' },
        engine: 'deepl',
        effects: { to: { value: 'fr' }, from: { value: 'es' }, formality: { value: 'more' }, lines: { value: 'keep' } },
      },
    },
  })
})

describe('by Apertium', () => {
  describePluginContract(translate(), {
    samples: {
      'translate.text': missing
        ? { skip: missing }
        : {
            input,
            params: { to: 'es' },
            engine: 'apertium',
            effects: {
              to: { value: 'en' },
              from: { value: 'en', with: { to: 'es' } },
              lines: { value: 'keep' },
            },
            without: { formality: 'Apertium knows no formality; DeepL does, above.' },
          },
    },
  })
})
