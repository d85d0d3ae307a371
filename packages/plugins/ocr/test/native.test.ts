import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blankPage, characterErrorRate, madePage, wordsOf } from './pages.ts'
import { nativeMissing, openReader } from './reading.ts'

const missing = await nativeMissing()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-native-'))
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

describe('the engine tesseract without its program', () => {
  it('answers how to install it, and fails so when it is asked to read', async () => {
    await using reader = await openReader('tesseract', { tesseractPath: join(folder, 'nothing') })
    const params = { languages: ['eng'] }
    expect(await reader.engine.available(params)).toMatchObject({
      ok: false,
      remedy: expect.stringMatching(/apt-get install tesseract-ocr.*tesseractPath.*tesseract\.js/),
    })
    await expect(reader.read(blankPage(20, 20))).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  })

  it('does not take another program for it', async () => {
    await using reader = await openReader('tesseract', { tesseractPath: await program('other', 'echo other 1.0') })
    expect(await reader.engine.available({ languages: ['eng'] })).toMatchObject({ ok: false })
  })

  it('fails with a code, without host paths, when it ends badly', async () => {
    const path = await program(
      'broken',
      `case "$1" in --version) echo tesseract 5.9;; --list-langs) echo 'List in "${folder}" (1):';; *) echo "cannot read ${folder}" >&2; exit 3;; esac`,
    )
    await writeFile(join(folder, 'eng.traineddata'), 'x')
    await using reader = await openReader('tesseract', { tesseractPath: path })
    const failure = await reader.read(blankPage(20, 20)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ENGINE_FAILED', message: 'The program tesseract ended with code 3.' })
    expect(JSON.stringify(failure)).not.toContain(folder)
  })
})

describe.skipIf(missing)('the engine tesseract', { timeout: 120_000 }, () => {
  /** A page that takes seconds, and the program with a note of its process id. */
  async function slowPage() {
    const pidFile = join(await mkdtemp(join(folder, 'run-')), 'pid')
    const tesseractPath = await program(
      'wrapped',
      `[ "$1" = stdin ] && echo $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}\nexec tesseract "$@"`,
    )
    const { pixels } = await madePage({ seed: 8, width: 2480, height: 3508, dpi: 300, fontSize: 9, degradation: 'clean' })
    const started = async (): Promise<number> => {
      await expect.poll(() => existsSync(pidFile), { timeout: 20_000 }).toBe(true)
      return Number(await readFile(pidFile, 'utf8'))
    }
    return { tesseractPath, pixels, started }
  }

  it('kills its process when it is aborted in the middle of a page', async () => {
    const { tesseractPath, pixels, started } = await slowPage()
    await using reader = await openReader('tesseract', { tesseractPath })
    const abort = new AbortController()
    const reading = expect(reader.read(pixels, { languages: ['por'] }, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    const pid = await started()
    expect(running(pid)).toBe(true)
    abort.abort()
    await reading
    await expect.poll(() => running(pid), { timeout: 1000 }).toBe(false)
  })

  it('leaves no process behind when its thread is terminated', async () => {
    const { tesseractPath, pixels, started } = await slowPage()
    const workerData = { page: pixels, languages: ['por'], engine: 'tesseract', options: { tesseractPath } }
    const worker = new Worker(new URL('reading-thread.ts', import.meta.url), { workerData })
    const pid = await started()
    expect(running(pid)).toBe(true)
    await worker.terminate()
    await expect.poll(() => running(pid), { timeout: 1000 }).toBe(false)
  })

  it('reads the same text as tesseract.js with the same model', async () => {
    const require = createRequire(import.meta.url)
    const dataPath = dirname(require.resolve('@tesseract.js-data/por/4.0.0_best_int/por.traineddata.gz'))
    await using wasm = await openReader('tesseract.js', { dataPath })
    await using native = await openReader('tesseract', { dataPath })
    const params = { languages: ['por'] }
    expect((await native.engine.fingerprint(params)) as object).toMatchObject({
      models: ((await wasm.engine.fingerprint(params)) as { models: object }).models,
    })
    const rates = { wasm: 0, native: 0 }
    const seeds = [11, 12, 13]
    for (const seed of seeds) {
      const { pixels, page } = await madePage({ seed, height: 700, degradation: 'scan' })
      for (const [name, reader] of [
        ['wasm', wasm],
        ['native', native],
      ] as const) {
        const text = wordsOf((await reader.read(pixels, params)).output)
          .map((word) => word.text)
          .join(' ')
        rates[name] += characterErrorRate(page.truth.text, text) / seeds.length
      }
    }
    expect(rates.wasm).toBeLessThan(0.05)
    // Two builds of one program: they round differently, by a letter here and there.
    expect(Math.abs(rates.wasm - rates.native)).toBeLessThan(0.005)
  })
})
