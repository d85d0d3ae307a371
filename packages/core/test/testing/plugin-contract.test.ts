import { type Pixels, sequenceOf } from '../../src/index.ts'
import { describePluginContract } from '../../src/testing/index.ts'
import { workshopPlugin } from '../workshop/plugin.ts'

const page: Pixels = { width: 6, height: 2, channels: 1, density: 300, data: Uint8Array.from({ length: 12 }, (_, at) => at * 10) }
const other: Pixels = { ...page, data: page.data.map((value) => value + 1) }
const words = { text: 'one two three', language: null }
const to = { effects: { to: { value: 'fr' } } }

describePluginContract(workshopPlugin(), {
  samples: {
    'test.add': { input: page, effects: { by: { value: 5 } } },
    'test.clean': { input: page, effects: { by: { value: 5 } } },
    'test.crop': { input: page, params: { left: 2 }, effects: { left: { value: 3 } } },
    'test.double': { input: page },
    'test.flatten': { input: page, without: { mood: 'It is there so that a step can change while its result does not.' } },
    'test.encode': { input: page, properties: { owner: 'Ada' }, effects: { format: { value: 'tiff' } } },
    'test.stamp': { input: { page, mark: other } },
    'test.pages': { input: () => sequenceOf(2, (index) => (index === 0 ? page : other)), effects: { reverse: { value: true } } },
    'test.split': { input: page, effects: { strips: { value: 3 } } },
    'test.read': { input: page, effects: { separator: { value: ',' } } },
    'test.translate': { input: words, params: { to: 'de' }, engine: 'local', without: { to: 'This engine knows one language.' } },
    'test.translate-remote': { input: words, params: { to: 'de' }, without: { to: 'The made-up provider knows one language.' } },
    'test.pages-remote': { input: words, ...to },
    'test.join-remote': { input: [words, words], ...to },
    'test.join': { input: [words, words], effects: { by: { value: '-' } } },
    'test.join-some': { input: [words, words], effects: { by: { value: '-' } } },
    'test.words': { input: words },
    'test.shout': { input: words, effects: { end: { value: '?' } } },
    'test.frame': { input: words, effects: { left: { value: '[' }, right: { value: ']' } } },
    'test.collate': { input: { pages: [page, other], texts: [words, words] } },
  },
})
