import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apertiumMissing, openTranslator, type Reading } from './translating.ts'

const missing = await apertiumMissing()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-apertium-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, lines: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${lines}\n`)
  await chmod(path, 0o755)
  return path
}

/** A killed process may stay in the table until its new parent looks: that one is not running. */
const running = (pid: number): boolean => {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('translate.text without Apertium', () => {
  it('answers which packages make the way', async () => {
    await using none = await openTranslator('apertium', { apertium: { path: join(folder, 'nothing') } })
    expect(await none.engine.available({ from: 'por', to: 'en-US' })).toMatchObject({
      ok: false,
      remedy: 'Install it: apt-get install apertium apertium-es-pt apertium-eng-spa.',
    })
    await expect(none.translate('Um', { from: 'pt', to: 'es' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('apertium-es-pt'),
    })
  })

  it('fails with a code, without host paths, when the program ends badly or says nothing', async () => {
    const answers = `case "$1" in -V) echo Apertium 3.8.3; exit;; -l) printf '  pt-es\\n'; exit;; esac`
    for (const [name, end] of [
      ['broken', `echo "cannot read ${folder}" >&2; exit 3`],
      ['mute', 'cat > /dev/null'],
    ] as const) {
      await using engine = await openTranslator('apertium', { apertium: { path: await program(name, `${answers}\n${end}`) } })
      const failure = await engine.translate('Um', { from: 'pt', to: 'es' }).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'ENGINE_FAILED' })
      expect(JSON.stringify(failure)).not.toContain(folder)
    }
  })

  it('translates by halves what does not come back in as many paragraphs', async () => {
    // A program that swallows the empty line behind "two".
    const swallow = `case "$1" in -V) echo Apertium 3.8.3; exit;; -l) printf '  pt-es\\n'; exit;; esac\nsed '/two/{N;s/\\n$//;}' | tr a-z A-Z`
    await using engine = await openTranslator('apertium', { apertium: { path: await program('swallow', swallow) } })
    expect((await engine.translate('one\n\ntwo\n\n\nthree\ffour', { from: 'pt', to: 'es' })).text).toBe('ONE\n\nTWO\n\n\nTHREE\fFOUR')
  })
})

describe.skipIf(missing)('translate.text with Apertium', { timeout: 60_000 }, () => {
  let apertium: Reading
  beforeAll(async () => {
    apertium = await openTranslator('apertium')
  })

  it('translates directly where there is a pair', async () => {
    expect(await apertium.translate('A casa é branca.', { from: 'pt', to: 'es' })).toEqual({ text: 'La casa es blanca.', language: 'es' })
    expect((await apertium.translate('The house is white.', { from: 'en-GB', to: 'spa' })).text).toBe('La casa es blanca.')
  })

  it('goes over a third language where there is none', async () => {
    expect(await apertium.translate('A casa é branca.', { from: 'por', to: 'en-US' })).toEqual({
      text: 'The house is white.',
      language: 'en-US',
    })
    expect(apertium.context.done.slice(-2)).toEqual([0.5, 1])
  })

  it('writes for the region that is asked for', async () => {
    const [europe, brazil] = await Promise.all(
      ['pt-PT', 'pt-BR'].map((to) => apertium.translate('El autobús y el tren.', { from: 'es', to })),
    )
    expect(europe?.text).toContain('autocarro')
    expect(brazil?.text).toContain('ônibus')
  })

  it('keeps empty lines and form feeds exactly', async () => {
    const source = '\n A casa é branca.\n\n\n\nO livro\né vermelho.\f\fO gato\n\f\n'
    expect((await apertium.translate(source, { from: 'pt', to: 'en' })).text).toMatch(
      /^\n The house is white\.\n\n\n\nThe book is red\.\f\fThe cat\n\f\n$/,
    )
    expect((await apertium.translate('O gato\nA casa', { from: 'pt', to: 'es', lines: 'keep' })).text).toBe('El gato\nLa casa')
  })

  it('leaves unknown words without marks, and the marks of the text where they are', async () => {
    const { text } = await apertium.translate('O xyzzy de plugh. C# *negrito* nome@exemplo.org #1 [nota] {chave} 50% \\ ^fim$ <b> ~', {
      from: 'pt',
      to: 'en',
    })
    expect(text).toContain('xyzzy')
    expect(text).not.toMatch(/[*@#](xyzzy|plugh)/)
    for (const own of ['C#', '*bold*', 'nome@exemplo.org', '#1', '[', '{', '50%', '\\', '^', '$', '<b>', '~']) expect(text).toContain(own)
  })

  it('translates two thousand paragraphs in one process a hop, each in its place', async () => {
    const paragraphs = Array.from({ length: 2000 }, (_, index) => `A casa ${index} é branca.`)
    const { text } = await apertium.translate(paragraphs.join('\n\n'), { from: 'pt', to: 'en' })
    expect(text.split('\n\n')).toEqual(paragraphs.map((_, index) => `The house ${index} is white.`))
  })

  it('takes the language that the text names, and says so when there is none', async () => {
    expect((await apertium.translate({ text: 'A casa é branca.', language: 'por' }, { to: 'es' })).text).toBe('La casa es blanca.')
    await expect(apertium.translate('A casa', { to: 'es' })).rejects.toMatchObject({
      code: 'INVALID_PIPELINE',
      path: 'with.from',
      message: expect.stringContaining('"from"'),
    })
  })

  it('sends a text without words through no program', async () => {
    expect((await apertium.translate('\n\f\n', { to: 'es' })).text).toBe('\n\f\n')
  })

  it('answers whether there is a way, with the packages that make one', async () => {
    const available = (params: object) => apertium.engine.available({ lines: 'join', ...params })
    expect(await available({ from: 'pt', to: 'en-US' })).toEqual({ ok: true })
    expect(await available({ to: 'en-US' })).toEqual({ ok: true })
    expect(await available({ from: 'pt', to: 'tlh' })).toMatchObject({ ok: false, why: expect.stringContaining('"tlh"') })
    expect(await available({ from: 'pt', to: 'en', formality: 'more' })).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('prefer-more'),
    })
    await expect(apertium.translate('Um', { from: 'pt', to: 'tlh' })).rejects.toMatchObject({ code: 'LANGUAGE_MISSING' })
  })

  it('names version and data of its way in the fingerprint', async () => {
    const digest = expect.stringMatching(/^sha256:/)
    expect(await apertium.engine.fingerprint({ from: 'pt', to: 'es' })).toEqual({
      apertium: expect.stringMatching(/^Apertium \d/),
      modes: { 'pt-es': digest },
    })
    expect(await apertium.engine.fingerprint({ from: 'pt', to: 'en' })).toMatchObject({ modes: { 'pt-es': digest, 'spa-eng': digest } })
    expect(await apertium.engine.fingerprint({ to: 'es' })).toMatchObject({ modes: { 'pt-es': digest, 'eng-spa': digest } })
  })

  it('kills its processes when it is aborted', async () => {
    const pidFile = join(folder, 'pid')
    const path = await program(
      'slow',
      `case "$1" in -V) echo Apertium 3.8.3; exit;; -l) printf '  pt-es\\n'; exit;; esac\nsleep 60 | cat & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`,
    )
    await using slow = await openTranslator('apertium', { apertium: { path } })
    const abort = new AbortController()
    const translating = expect(slow.translate('Um', { from: 'pt', to: 'es' }, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 10_000 }).toMatch(/\d/)
    const pid = Number(await readFile(pidFile, 'utf8'))
    abort.abort()
    await translating
    await expect.poll(() => running(pid), { timeout: 1000 }).toBe(false)
  })
})
