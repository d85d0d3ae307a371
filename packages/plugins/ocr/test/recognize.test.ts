import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { linesOf, parseLayout } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blankPage, characterErrorRate, madePage, wordsOf } from './pages.ts'
import { nativeMissing, openReader, type Reader } from './reading.ts'

const require = createRequire(import.meta.url)
const missing = await nativeMissing()

/** Both engines on the model of the npm packages, beside data that cannot be used. */
let models: string

beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'imagedoc-models-'))
  const installed = [
    require.resolve('@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz'),
    require.resolve('@tesseract.js-data/por/4.0.0_best_int/por.traineddata.gz'),
  ]
  for (const path of installed) await copyFile(path, join(models, basename(path)))
  await writeFile(join(models, 'bad.traineddata'), 'garbage'.repeat(1000))
})
afterAll(() => rm(models, { recursive: true, force: true }))

describe.for([
  ['tesseract.js', false],
  ['tesseract', missing !== false],
] as const)('ocr.recognize with the engine %s', { timeout: 60_000 }, ([id, skip]) => {
  if (skip) return it.skip(String(missing))
  let reader: Reader
  beforeAll(async () => {
    reader = await openReader(id, { dataPath: models })
  })
  afterAll(() => reader[Symbol.asyncDispose]())

  it('reads a page that claims no density, or a wrong one, by the size of its letters', async () => {
    const { pixels, page } = await madePage({ seed: 1 })
    for (const density of [null, 1e6]) {
      const { output } = await reader.read({ ...pixels, density }, { languages: ['por'] })
      expect(output.density).toBeGreaterThan(110)
      expect(output.density).toBeLessThan(200)
      const text = wordsOf(output).map((word) => word.text)
      expect(characterErrorRate(page.truth.text, text.join(' '))).toBeLessThan(0.02)
    }
  })

  it('reads the words of a page in order, in their places', async () => {
    const { pixels, page } = await madePage({ seed: 1 })
    const before = pixels.data.slice()
    const { output } = await reader.read(pixels, { languages: ['por'] })
    expect(parseLayout(output)).toEqual(output)
    expect(output).toMatchObject({ width: 900, height: 520, density: 150 })
    expect(
      characterErrorRate(
        page.truth.text,
        wordsOf(output)
          .map((word) => word.text)
          .join(' '),
      ),
    ).toBeLessThan(0.02)
    const once = page.truth.words.filter(({ text }) => page.truth.words.filter((word) => word.text === text).length === 1)
    const places = new Map(once.map((word) => [word.text, word.box]))
    const found = wordsOf(output).filter(({ text }) => places.has(text))
    expect(found.length).toBeGreaterThan(once.length * 0.9)
    const off = found.flatMap(({ text, box }) => box.map((edge, i) => Math.abs(edge - (places.get(text)?.[i] as number))))
    expect(off.sort((a, b) => a - b)[Math.floor(off.length * 0.95)]).toBeLessThanOrEqual(2)
    expect(pixels.data).toEqual(before)
  })

  it('gives a baseline on which the letters of a line stand', async () => {
    const { pixels } = await madePage({ seed: 2, degradation: { from: 'clean', skewDegrees: 1 } })
    const { output } = await reader.read(pixels, { languages: ['por'] })
    const long = output.blocks.flatMap(linesOf).filter((line) => (line.words?.length ?? 0) > 6)
    expect(long.length).toBeGreaterThan(0)
    for (const { baseline, box } of long) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = baseline ?? []
      expect([x0, x1]).toEqual([box[0], box[2]])
      expect((y1 - y0) / (x1 - x0)).toBeCloseTo(Math.tan(Math.PI / 180), 2)
      expect(Math.max(y0, y1)).toBeLessThanOrEqual(box[3] + 1)
    }
  })

  it('reads two columns one after the other', async () => {
    const { pixels, page } = await madePage({ seed: 3, layout: 'two-column', width: 1240, height: 800 })
    const { output } = await reader.read(pixels, { languages: ['por'] })
    expect(
      characterErrorRate(
        page.truth.text,
        wordsOf(output)
          .map((word) => word.text)
          .join(' '),
      ),
    ).toBeLessThan(0.02)
  })

  it('takes the page for what it is told', async () => {
    const { pixels } = await madePage({ seed: 3, layout: 'two-column', width: 1240, height: 500 })
    const orders = await Promise.all(
      (['auto', 'block', 'line'] as const).map(async (segmentation) => {
        const { output } = await reader.read(pixels, { languages: ['por'], segmentation })
        return wordsOf(output)
          .map((word) => word.text)
          .join(' ')
      }),
    )
    expect(new Set(orders).size).toBe(3)
  })

  it('finds nothing on a blank page, and says so', async () => {
    for (const page of [blankPage(400, 300), blankPage(1, 1), { ...blankPage(400, 300), data: new Uint8Array(120_000) }]) {
      const { output, diagnostics } = await reader.read(page)
      expect(output.blocks.flatMap(linesOf)).toEqual([])
      expect(diagnostics).toMatchObject([{ code: 'NO_TEXT_FOUND', severity: 'info' }])
    }
  })

  it('reads grey, RGB and RGBA alike, transparency as white paper', async () => {
    const { pixels } = await madePage({ seed: 4, degradation: 'clean', width: 600, height: 200 })
    const spread = (channels: 3 | 4, value: (grey: number, channel: number) => number) => ({
      ...pixels,
      channels,
      data: Uint8Array.from({ length: pixels.data.length * channels }, (_, i) =>
        value(pixels.data[Math.floor(i / channels)] as number, i % channels),
      ),
    })
    const words = async (page: typeof pixels): Promise<string[]> =>
      wordsOf((await reader.read(page, { languages: ['por'] })).output).map((word) => word.text)
    const grey = await words(pixels)
    expect(grey.length).toBeGreaterThan(5)
    expect(await words(spread(3, (value) => value))).toEqual(grey)
    expect(await words(spread(4, (value, channel) => (channel === 3 ? 255 - value : 0)))).toEqual(grey)
  })

  it('reads a page as if it had read no other before', async () => {
    const [first, second] = await Promise.all([madePage({ seed: 5, height: 300 }), madePage({ seed: 6, height: 300 })])
    const { output: fresh } = await reader.read(first.pixels, { languages: ['por'] })
    await reader.read(second.pixels, { languages: ['por'], segmentation: 'sparse' })
    await reader.read({ ...second.pixels, density: 600 }, { languages: ['eng'] })
    expect((await reader.read(first.pixels, { languages: ['por'] })).output).toEqual(fresh)
  })

  it('refuses a page that is longer than Tesseract can count', async () => {
    await expect(reader.read(blankPage(32_768, 1))).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
    expect((await reader.read(blankPage(32_767, 4))).output.blocks).toEqual([])
  })

  it('answers that a language is missing and how to get it, and fails so when it is asked to read', async () => {
    const params = { languages: ['eng', 'tlh'], segmentation: 'auto' }
    const answer = await reader.engine.available(params)
    expect(answer).toMatchObject({ ok: false, why: 'There is no data for the language "tlh".', remedy: expect.stringContaining('tlh') })
    await expect(reader.read(blankPage(40, 40), { languages: ['eng', 'tlh'] })).rejects.toMatchObject({
      code: 'LANGUAGE_MISSING',
      details: { language: 'tlh' },
    })
    await expect(reader.engine.fingerprint(params)).rejects.toMatchObject({ code: 'LANGUAGE_MISSING' })
  })

  it('fails on damaged data, also of a second language, and reads on afterwards', async () => {
    for (const languages of [['bad'], ['eng', 'bad'], ['bad', 'eng']]) {
      await expect(reader.read(blankPage(40, 40), { languages })).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
        message: expect.stringContaining('"bad"'),
      })
    }
    const { pixels } = await madePage({ seed: 4, height: 200 })
    expect(wordsOf((await reader.read(pixels, { languages: ['por'] })).output).length).toBeGreaterThan(5)
  })

  it('names its version and the models of these languages in the fingerprint', async () => {
    const one = await reader.engine.fingerprint({ languages: ['por'] })
    expect(one).toMatchObject({ models: { por: expect.stringMatching(/^sha256:/) } })
    expect(one).toEqual(await reader.engine.fingerprint({ languages: ['por'], segmentation: 'block' }))
    expect(await reader.engine.fingerprint({ languages: ['eng'] })).not.toEqual(one)
    expect(JSON.stringify(one)).not.toContain(models)
  })

  it('does not start when it is aborted', async () => {
    const reason = AbortSignal.abort()
    await expect(reader.read(blankPage(40, 40), {}, reason)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
