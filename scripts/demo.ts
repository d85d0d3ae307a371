// npm run demo: the whole way of a scanned document through a server of its own, as a program goes it with the typed client.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Client, createClient, type RunResult } from '@imagedoc/client'
import type { PipelineDefinition } from '@imagedoc/core'
import { follow, seconds } from './demo/follow.ts'
import { makeScan, rareWords, regionAround, type Scan } from './demo/scan.ts'
import { startServer } from './demo/server.ts'

const root = join(import.meta.dirname, '..')
const given = process.argv[2]
const folder = given === undefined ? join(root, 'demo-output') : resolve(given)
const shown = given ?? 'demo-output'

const say = (line: string): void => console.log(line)
const save = (name: string, content: string | Uint8Array): Promise<void> => writeFile(join(folder, name), content)
const bytesOf = async (image: Blob): Promise<Uint8Array> => new Uint8Array(await image.arrayBuffer())
const indented = (text: string, lines: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, lines)
    .map((line) => `    ${line}`)
    .join('\n')

// Its own folder is made anew; in one that was named it only writes its files.
if (given === undefined) await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })

say('1. Making a scan of three pages (skewed, noisy, unevenly lit, with stains).')
const scan = await makeScan()
await save('scan.pdf', scan.pdf)
await save('truth.txt', scan.text)

await using server = await startServer()
say(`2. A server of its own at ${server.url}. The first user registers with the token that it prints.`)
const account = { username: 'ana', email: 'ana@example.org', password: 'correct horse battery' }
const { token } = await createClient({ url: server.url }).auth.register({ ...account, setupToken: server.setupToken })
const client = createClient({ url: server.url, token })

say('3. A collection, and the scan uploaded into it.')
const { id: collection_id } = await client.collections.create({ title: 'Letters' })
const document = await client.uploadDocument(join(folder, 'scan.pdf'), { collection_id })
say(`   document ${document.id}, ${document.pages} pages`)

say('4. A pipeline over it: straightened, cleaned, read, translated, made searchable.')
const file = join(root, 'examples', 'pipelines', 'searchable-and-translated.json')
const pipeline = JSON.parse(await readFile(file, 'utf8')) as PipelineDefinition
const start = () => client.run({ document_id: document.id }, pipeline)
const telling = { pages: document.pages, whole: ['text', 'english', 'pdf'] }
const first = await follow(start(), { ...telling, say })
for (const output of first.outputs) await client.downloadTo(document, join(folder, output.name), { output })
const translation = await tellTexts(first)

say('6. A preview of a region with more contrast, as it will be, before any run.')
const steps = client.pipeline().step('image.grayscale').step('image.adjust', { contrast: 1.4 })
const crop = { left: '10%', top: '8%', width: '45%', height: '20%' }
await save('preview.jpg', await bytesOf(await client.preview(document, { page: 1, steps, crop })))

say('7. The same run again: every result comes from the cache.')
const second = await follow(start(), { ...telling, say: () => {} })
say(`   ${seconds(second.ms)} instead of ${seconds(first.ms)}; ${seconds(second.run.saved_ms)} of computing were saved.`)

const found = await findWord(client, scan)
await save('result.json', `${JSON.stringify({ document, run: first.run, again: second.run, translation, found }, null, 2)}\n`)
say(`\nLook at ${shown}/: scan.pdf and what became of it, searchable.pdf, text.txt${translation.made ? ', english.txt' : ''};`)
say('preview.jpg, found.jpg (the word that was searched) and result.json (runs with keys and times, the hit with its box).')

/** What was read, and its translation, or why there is none. */
async function tellTexts({ run }: RunResult): Promise<{ made: boolean; reason?: string }> {
  say('5. What was read, the first lines:')
  say(indented(await readFile(join(folder, 'text.txt'), 'utf8'), 4))
  const english = run.steps.find(({ id }) => id === 'english')
  if (english && english.pages.hit + english.pages.miss > 0) {
    say('   In English:')
    say(indented(await readFile(join(folder, 'english.txt'), 'utf8'), 3))
    return { made: true }
  }
  const reason = english?.diagnostics[0]?.message ?? 'no engine for it is configured.'
  say(`   The translation was skipped ("onError": "skip"), so the run is "${run.state}": ${reason}`)
  return { made: false, reason }
}

/** A word that is known to stand there once: where it was read. */
async function findWord(client: Client, scan: Scan) {
  for (const word of rareWords(scan).slice(0, 10)) {
    const { items } = await client.search({ text: word })
    const hit = items.find(({ page }) => page !== null)
    const box = hit?.words[0]?.box
    const page = scan.pages[(hit?.page ?? 0) - 1]
    if (!hit || !box || !page) continue
    say(
      `8. A search for "${word}": page ${hit.page} of ${hit.document.title}, in the box ${box.map((edge) => edge.toFixed(1)).join(' ')} (points).`,
    )
    await save('found.jpg', await bytesOf(await client.preview(document, { page: hit.page ?? 1, crop: regionAround(box, page) })))
    return { word, ...hit }
  }
  throw new Error('None of ten words that stand on the scan was found.')
}
