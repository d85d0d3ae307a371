// Search over a large archive through the whole server, boxes read from the layouts included.
import { performance } from 'node:perf_hooks'
import { createRandom, type Random } from '@imagedoc/fixtures'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { temporaryFolder } from '../harness/workspace.ts'
import { type Archive, call, openArchive, type Size } from '../search/archive.ts'
import { createLanguage, type Language, wordsOfPage } from '../search/text.ts'

const full: Size = { documents: 2000, pagesOfDocument: 50, wordsOfPage: 200, collections: 4 }
const small: Size = { ...full, documents: 40 }
const VOCABULARY = 60_000
/** A user has 6000 requests a minute. */
const QUERIES = 200

interface Answer {
  readonly items: readonly { readonly page: number | null; readonly words: readonly unknown[] }[]
  readonly next: string | null
}

interface Outcome {
  readonly ms: number
  readonly hits: number
  /** Nothing, or less than a page, was found so far, and the rest was left to the next request. */
  readonly endedEarly: boolean
}

export const measure: Measure = async ({ quick }) => {
  const size = quick ? small : full
  const language = createLanguage(VOCABULARY)
  await using folder = await temporaryFolder()
  await using archive = await openArchive({ dataFolder: folder.path, language }, size)
  const kinds = queriesOf(language, size)
  const outcomes = new Map<string, Outcome[]>(Object.keys(kinds).map((kind) => [kind, []]))
  const random = createRandom('queries')
  for (let round = 0; round < (quick ? 20 : QUERIES); round++) {
    for (const [kind, draw] of Object.entries(kinds)) outcomes.get(kind)?.push(await ask(archive, draw(random)))
  }
  return figures(outcomes, { size, indexedMs: archive.indexedMs })
}

/** What is looked for, by how often its words are. Words that stand together are drawn from a page. */
function queriesOf(
  language: Language,
  { documents, pagesOfDocument, wordsOfPage: count }: Size,
): Record<string, (random: Random) => string> {
  const { words } = language
  const ranked = (from: number, below: number) => (random: Random) => words[random.whole(from, below - 1)] ?? ''
  const [common, middling, rare] = [ranked(0, 100), ranked(500, 5000), ranked(20_000, VOCABULARY)]
  const ofPage = (random: Random) => wordsOfPage(language, random.whole(0, documents * pagesOfDocument - 1), count)
  const begun = (word: string, letters: number) => [...word].slice(0, letters).join('')
  return {
    'one common word': common,
    'one middling word': middling,
    'one rare word': rare,
    'two common words': (random) => `${common(random)} ${common(random)}`,
    'a common and a rare word of a page': (random) => {
      const page = ofPage(random)
      const byRank = page.toSorted((a, b) => words.indexOf(a) - words.indexOf(b))
      return `${byRank[0]} ${byRank.at(-1)}`
    },
    'two middling words, seldom on one page': (random) => `${middling(random)} ${middling(random)}`,
    'three words of a page': (random) => {
      const page = ofPage(random)
      return [random.pick(page), random.pick(page), random.pick(page)].join(' ')
    },
    'three letters of a word': (random) => begun(random.pick(ofPage(random)), 3),
    'a word and five letters of another': (random) => {
      const page = ofPage(random)
      return `${random.pick(page)} ${begun(random.pick(page), 5)}`
    },
    'a word that is nowhere': (random) => `xyz${random.whole(0, 1e6)}`,
    'a common word and one that is nowhere': (random) => `${common(random)} xyz${random.whole(0, 1e6)}`,
  }
}

async function ask({ server, token }: Archive, text: string): Promise<Outcome> {
  const limit = 20
  const start = performance.now()
  const { items, next } = await call<Answer>(server, 'search', { input: { text, limit }, token, type: 'query' })
  const ms = performance.now() - start
  if (items.some(({ words }) => words.length === 0)) throw new Error(`a hit without a word for "${text}"`)
  return { ms, hits: items.length, endedEarly: next !== null && items.length < limit }
}

function figures(outcomes: ReadonlyMap<string, readonly Outcome[]>, { size, indexedMs }: { size: Size; indexedMs: number }): Figure[] {
  const pages = size.documents * size.pagesOfDocument
  const all = [...outcomes.values()].flat()
  const early = all.filter(({ endedEarly }) => endedEarly).length
  const detail = `median ${format(at(all, 0.5))} ms, longest ${format(at(all, 1))} ms, ${all.length} queries of ${outcomes.size} kinds; ${early} ended early and went on with the next request`
  return [
    atMost(`Search in ${pages} pages with boxes, 20 hits: 95th of 100`, { bound: 100, unit: 'ms' }, { number: at(all, 0.95), detail }),
    ...[...outcomes].map(([kind, taken]) => {
      const hits = taken.reduce((sum, outcome) => sum + outcome.hits, 0) / taken.length
      const endedEarly = taken.filter((outcome) => outcome.endedEarly).length
      return {
        what: `Search: ${kind}`,
        target: '',
        measured: `median ${format(at(taken, 0.5))} ms, 95th of 100 ${format(at(taken, 0.95))} ms (${format(hits)} hits on average; ${endedEarly} of ${taken.length} ended early)`,
      }
    }),
    {
      what: `Search: indexing ${pages} pages`,
      target: '',
      measured: `${format(indexedMs / pages)} ms a page (${format(indexedMs / 1000)} s)`,
    },
  ]
}

function at(outcomes: readonly Outcome[], share: number): number {
  const times = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN
}
