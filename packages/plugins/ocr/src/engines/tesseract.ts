import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { abortError, type Engine, ImageDocError, type Pixels, throwIfAborted } from '@imagedoc/core'
import type { OcrOptions } from '../options.ts'
import { languagesOf } from '../params.ts'
import { pnmHeader } from '../pnm.ts'
import type { Reading, Recognizer } from '../recognizer.ts'
import { type LanguageFile, languageDigests, languageInFolder, readLanguage } from './language-data.ts'
import { assertLoaded, damagedData, findLanguages, type Languages, languagesAvailable } from './languages.ts'
import { createProbe, type TesseractProgram } from './tesseract-program.ts'
import { spawnTied } from './tied-process.ts'

const installRemedy =
  'Install it (Debian: apt-get install tesseract-ocr; macOS: brew install tesseract), name it in the option "tesseractPath" of @imagedoc/plugin-ocr, or use the engine "tesseract.js".'

/** The native program `tesseract`: the same text for a third less CPU, with the language data of the system or of a folder. */
export function tesseract(options: OcrOptions): Engine<Recognizer> {
  const path = options.tesseractPath ?? 'tesseract'
  const probe = createProbe(path)
  return {
    id: 'tesseract',
    async available(params) {
      const program = await probe()
      if (!program) return { ok: false, why: 'The program tesseract does not run here.', remedy: installRemedy }
      return languagesAvailable(languagesOf(params), systemLanguages(options, program))
    },
    async fingerprint(params) {
      const program = await installed(probe)
      const files = await findLanguages(languagesOf(params), systemLanguages(options, program))
      return { tesseract: program.version, models: await languageDigests(files) }
    },
    open: async () => createNativeRecognizer({ path, options, probe }),
  }
}

function systemLanguages({ dataPath }: OcrOptions, program: TesseractProgram): Languages {
  const folders = dataPath ? [dataPath, ...program.folders] : program.folders
  return {
    async find(language) {
      for (const folder of folders) {
        const file = await languageInFolder(language, folder)
        if (file) return file
      }
      return undefined
    },
    remedy: (language) =>
      `Install it (Debian: apt-get install tesseract-ocr-${language.replaceAll('_', '-')}), or put ${language}.traineddata into a folder and name it in the option "dataPath" of @imagedoc/plugin-ocr.`,
  }
}

async function installed(probe: () => Promise<TesseractProgram | undefined>): Promise<TesseractProgram> {
  const program = await probe()
  if (program) return program
  throw new ImageDocError('ENGINE_UNAVAILABLE', `The program tesseract does not run here. ${installRemedy}`)
}

interface Native {
  readonly path: string
  readonly options: OcrOptions
  readonly probe: () => Promise<TesseractProgram | undefined>
}

function createNativeRecognizer({ path, options, probe }: Native): Recognizer & AsyncDisposable {
  const folders = new Map<string, Promise<DataFolder>>()
  return {
    async recognize(page, reading) {
      throwIfAborted(reading.signal)
      const files = await findLanguages(reading.languages, systemLanguages(options, await installed(probe)))
      const key = files.map((file) => file.path).join('\0')
      const folder = folders.get(key) ?? dataFolder(files)
      folders.set(key, folder)
      return runTesseract({ path, folder: (await folder).path, page, reading })
    },
    async [Symbol.asyncDispose]() {
      const made = await Promise.allSettled(folders.values())
      folders.clear()
      await Promise.all(
        made.map((one) => (one.status === 'fulfilled' && one.value.own ? rm(one.value.path, { recursive: true, force: true }) : undefined)),
      )
    },
  }
}

interface DataFolder {
  readonly path: string
  /** Made here, so removed here. */
  readonly own: boolean
}

/** Tesseract takes one folder of plain files; where the data lies elsewhere or gzipped, one is made. */
async function dataFolder(files: readonly LanguageFile[]): Promise<DataFolder> {
  const [first] = files
  const path = first ? dirname(first.path) : ''
  if (files.every((file) => !file.gzipped && dirname(file.path) === path)) return { path, own: false }
  const own = await mkdtemp(join(tmpdir(), 'imagedoc-tessdata-'))
  for (const file of files) {
    const target = join(own, `${file.language}.traineddata`)
    if (file.gzipped) await writeFile(target, await readLanguage(file))
    else await symlink(file.path, target)
  }
  return { path: own, own: true }
}

function runTesseract({ path, folder, page, reading }: { path: string; folder: string; page: Pixels; reading: Reading }): Promise<string> {
  const { languages, pageSegmentationMode, density, signal } = reading
  // The variable instead of the config file "hocr": a folder of one's own has no config files.
  const named = ['-l', languages.join('+'), '--tessdata-dir', folder, '--psm', String(pageSegmentationMode), '--dpi', String(density)]
  const args = ['stdin', 'stdout', ...named, '--oem', '1', '-c', 'tessedit_create_hocr=1']
  // One thread a page: its own threads cost 1.5 times the CPU, and pages run beside each other anyway.
  const { child, kill } = spawnTied(path, args, { ...process.env, OMP_THREAD_LIMIT: '1' })
  const output: Buffer[] = []
  let messages = ''
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (messages = (messages + chunk).slice(-8000)))
  // It stops reading when it cannot start; its exit code tells more than the broken pipe.
  child.stdin.on('error', () => {})
  child.stdin.write(pnmHeader(page))
  child.stdin.end(page.data)
  return new Promise<string>((resolve, reject) => {
    const stop = (): void => {
      kill()
      reject(abortError(signal))
    }
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', (cause) => reject(new ImageDocError('ENGINE_FAILED', 'The program tesseract could not be run.', { cause })))
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      try {
        resolve(outcome({ code, killedBy, messages, languages, text: () => Buffer.concat(output).toString('utf8') }))
      } catch (error) {
        reject(error)
      }
    })
  })
}

interface Ended {
  code: number | null
  killedBy: string | null
  messages: string
  languages: readonly string[]
  text(): string
}

function outcome({ code, killedBy, messages, languages, text }: Ended): string {
  assertLoaded(messages, languages)
  if (code === 0) return text()
  if (/couldn't load any languages|Could not initialize/.test(messages)) throw damagedData(languages, messages)
  const ended = killedBy ? `was ended by ${killedBy}` : `ended with code ${code}`
  throw new ImageDocError('ENGINE_FAILED', `The program tesseract ${ended}.`, { cause: new Error(messages) })
}
