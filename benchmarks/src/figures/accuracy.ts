// The two OCR engines on the same model against native tesseract, and a searchable PDF against the truth of its pages.
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { createImageDoc, fromBytes, fromFile, linesOf, parseLayout, placedWords } from '@imagedoc/core'
import { type FixturePage, type LayoutName, layoutNames, renderPage, scannedPdf } from '@imagedoc/fixtures'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import { atMost, type Figure, type Measure } from '../harness/figure.ts'
import { temporaryFolder } from '../harness/workspace.ts'
import { pageErrors, summed } from '../metrics/cer.ts'

const run = promisify(execFile)

export const measure: Measure = async ({ quick }) => {
  hardenProcess()
  await using folder = await temporaryFolder()
  const pages = await makePages(quick ? 2 : 12)
  await writeModel(folder.path)
  return [
    ...(await sameText(pages, folder.path)),
    ...(await searchable(await makePages(quick ? 2 : 6, { straight: true }), folder.path)),
    ...(await searchable(pages.slice(0, 6), folder.path)).slice(0, 1).map(asTurned),
  ]
}

const layoutOf = (seed: number): LayoutName => layoutNames[seed % layoutNames.length]!

/** Only reported: on a turned page each reader of PDFs finds columns and lines as it can. */
const asTurned = ({ what, measured }: Figure): Figure => ({
  what: `${what}, the pages turned by up to 1.7 degrees and not straightened`,
  target: '',
  measured,
})

async function makePages(count: number, options: { straight?: boolean } = {}): Promise<FixturePage[]> {
  const pages: FixturePage[] = []
  for (let seed = 0; seed < count; seed++) {
    const wear = seed % 3 === 2 ? 'scan' : 'light'
    const degradation = options.straight ? ({ from: wear, skewDegrees: 0 } as const) : wear
    pages.push(
      await renderPage({
        seed: `accuracy ${seed}`,
        layout: layoutOf(seed),
        dpi: 200,
        width: 1400,
        height: 1600,
        degradation,
      }),
    )
  }
  return pages
}

/** The model of the npm package, unpacked, so that all three read with the same one. */
async function writeModel(path: string): Promise<void> {
  const plugin = createRequire(import.meta.url).resolve('@imagedoc/plugin-ocr/package.json')
  const folder = dirname(createRequire(plugin).resolve('@tesseract.js-data/por/package.json'))
  await writeFile(join(path, 'por.traineddata'), gunzipSync(await readFile(join(folder, '4.0.0_best_int', 'por.traineddata.gz'))))
}

async function sameText(pages: readonly FixturePage[], path: string): Promise<Figure[]> {
  await using imagedoc = createImageDoc({ plugins: [image(), ocr({ dataPath: path })] })
  const engines = ['tesseract.js', 'tesseract'] as const
  const errors = new Map<string, ReturnType<typeof pageErrors>[]>([...engines, 'native'].map((name) => [name, []]))
  let equal = 0
  for (const [index, page] of pages.entries()) {
    const file = join(path, `${index}.png`)
    await writeFile(file, await page.png())
    const native = (
      await run('tesseract', [file, '-', '-l', 'por', '--psm', '3', '--dpi', String(page.dpi), '--tessdata-dir', path], {
        env: { ...process.env, OMP_THREAD_LIMIT: '1' },
      })
    ).stdout
    const texts: Record<string, string> = { native }
    for (const engine of engines) {
      const steps = [
        { use: 'ocr.recognize', with: { languages: ['por'] }, engine },
        { id: 'text', use: 'ocr.text' },
      ]
      const result = await imagedoc.run({ version: 1, steps }, { input: fromFile(file) }, { cache: false })
      if (result.status !== 'done') throw result.error ?? new Error(result.status)
      texts[engine] = new TextDecoder().decode(await (await result.outputs['text.txt']!.one()).bytes())
    }
    const words = (text: string): string => text.split(/\s+/).filter(Boolean).join(' ')
    if (words(texts['tesseract.js']!) === words(native)) equal++
    for (const [name, text] of Object.entries(texts)) errors.get(name)?.push(pageErrors(text, page.truth.blocks))
  }
  const rate = (name: string): number => summed(errors.get(name)!).rate * 100
  return engines.map((engine) =>
    atMost(
      `OCR of ${pages.length} generated pages, engine ${engine}: CER away from native tesseract with the same model`,
      { bound: 0.05, unit: 'points' },
      {
        number: Math.abs(rate(engine) - rate('native')),
        detail: `CER ${rate(engine).toFixed(3)} % against ${rate('native').toFixed(3)} %${engine === 'tesseract.js' ? `; the same words on ${equal} of ${pages.length} pages` : ''}`,
      },
    ),
  )
}

interface PlacedWord {
  text: string
  box: [number, number, number, number]
}

async function searchable(pages: readonly FixturePage[], path: string): Promise<Figure[]> {
  await using imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr({ dataPath: path })] })
  const scan = join(path, 'scan.pdf')
  await writeFile(scan, await scannedPdf(pages))
  const steps = [
    { id: 'pages', use: 'document.pages' },
    { id: 'words', use: 'ocr.recognize', with: { languages: ['por'] } },
    { id: 'pdf', use: 'pdf.searchable', from: { pages: 'pages', layout: 'words' } },
  ]
  const result = await imagedoc.run(
    { version: 1, steps, outputs: { 'out.pdf': 'pdf', 'words.json': 'words' } },
    { input: fromBytes(await readFile(scan), { name: 'scan.pdf' }) },
    { cache: false },
  )
  if (result.status !== 'done') throw result.error ?? new Error(result.status)
  const out = join(path, 'out.pdf')
  await writeFile(out, await (await result.outputs['out.pdf']!.one()).bytes())
  const found = await wordsOf(out)
  let [words, surplus, inOrder, inSequence, missing, farthest] = [0, 0, 0, 0, 0, 0]
  const broken: string[] = []
  for (const [index, page] of pages.entries()) {
    const layout = parseLayout(JSON.parse(new TextDecoder().decode(await (await result.outputs['words.json']!.at(index)).bytes())))
    const wanted = layout.blocks.flatMap((block) => linesOf(block).flatMap(placedWords)).flatMap(comparable)
    const there = (found[index] ?? []).flatMap(comparable)
    const ordered = wanted.filter((word, at) => there[at]?.text === word.text).length
    if (ordered < wanted.length || there.length !== wanted.length) broken.push(layoutOf(index))
    words += wanted.length
    surplus += Math.max(0, there.length - wanted.length)
    inOrder += ordered
    inSequence += longestCommon(texts(wanted), texts(there))
    for (const word of wanted) {
      // Wherever in the order it came: the nearest of its kind.
      const box = word.box.map((edge) => (edge * 72) / page.dpi)
      const off = there
        .filter(({ text }) => text === word.text)
        .map((other) => Math.max(...other.box.map((edge, side) => Math.abs(edge - box[side]!))))
      if (off.length === 0) missing++
      else farthest = Math.max(farthest, Math.min(...off))
    }
  }
  const same = await sameImages(scan, out, path)
  return [
    {
      what: 'Searchable PDF: words in order (`pdftotext -bbox`)',
      target: 'all',
      measured: `${inOrder} of ${words}${broken.length > 0 ? `; out of order on: ${[...new Set(broken)].join(', ')}` : ''}; ${missing} not found, ${surplus} too many; longest common sequence ${inSequence}`,
      met: inOrder === words && surplus === 0,
    },
    atMost('Searchable PDF: the farthest edge of a word', { bound: 0.5, unit: 'pt' }, { number: farthest }),
    {
      what: 'Searchable PDF: images unchanged (`pdfimages -all`)',
      target: 'all',
      measured: `${same} of ${pages.length} byte for byte`,
      met: same === pages.length,
    },
  ]
}

/** Both sides alike: composed (NFC), as the writer writes them, and without words that are only blanks, which it leaves out. */
function comparable<Word extends { text: string }>(word: Word): Word[] {
  const text = word.text.normalize('NFC').trim()
  return text === '' ? [] : [{ ...word, text }]
}

const texts = (words: readonly { text: string }[]): string[] => words.map(({ text }) => text)

/** How many words remain when those that moved are left out: a diagnosis, since one word out of place spoils the count by place for all behind it. */
function longestCommon(one: readonly string[], other: readonly string[]): number {
  let row = other.map(() => 0)
  for (const text of one) {
    const before = row
    row = []
    for (const [at, word] of other.entries()) {
      row.push(word === text ? (before[at - 1] ?? 0) + 1 : Math.max(before[at] ?? 0, row[at - 1] ?? 0))
    }
  }
  return row.at(-1) ?? 0
}

async function wordsOf(path: string): Promise<PlacedWord[][]> {
  const { stdout } = await run('pdftotext', ['-bbox', path, '-'], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
    .split('<page ')
    .slice(1)
    .map((page) =>
      [...page.matchAll(/<word xMin="([^"]+)" yMin="([^"]+)" xMax="([^"]+)" yMax="([^"]+)">(.*?)<\/word>/gs)].map((match) => ({
        text: match[5]!
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&'),
        box: [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])],
      })),
    )
}

async function sameImages(one: string, other: string, path: string): Promise<number> {
  const images = async (file: string, prefix: string): Promise<Buffer[]> => {
    await run('pdfimages', ['-all', file, join(path, prefix)])
    const names = (await readdir(path)).filter((name) => name.startsWith(`${prefix}-`)).sort()
    return Promise.all(names.map((name) => readFile(join(path, name))))
  }
  const [before, after] = [await images(one, 'before'), await images(other, 'after')]
  return before.filter((bytes, index) => after[index]?.equals(bytes)).length
}
