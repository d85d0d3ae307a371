import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Digest, digestOf, ImageDocError } from '@imagedoc/core'

/** A file of language data, plain or gzipped. */
export interface LanguageFile {
  readonly language: string
  readonly path: string
  readonly gzipped: boolean
}

const unpack = promisify(gunzip)
/** The integer LSTM model: the same text as the big one, a fifth of its bytes. */
const VARIANT = '4.0.0_best_int'
const digests = new Map<string, Digest>()

/** `NAME.traineddata` or `NAME.traineddata.gz` in a folder. */
export async function languageInFolder(language: string, folder: string): Promise<LanguageFile | undefined> {
  for (const gzipped of [false, true]) {
    const path = join(resolve(folder), `${language}.traineddata${gzipped ? '.gz' : ''}`)
    if (await isFile(path)) return { language, path, gzipped }
  }
  return undefined
}

/** The data of an installed npm package `@tesseract.js-data/NAME`, of this package's or of the application's. */
export async function languageInPackages(language: string): Promise<LanguageFile | undefined> {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const path = createRequire(from).resolve(`@tesseract.js-data/${language}/${VARIANT}/${language}.traineddata.gz`)
      if (await isFile(path)) return { language, path, gzipped: true }
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

/** The data itself, unpacked. */
export async function readLanguage(file: LanguageFile): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file.path)
    return file.gzipped ? await unpack(bytes) : bytes
  } catch (cause) {
    throw new ImageDocError('ENGINE_FAILED', `The data of the language "${file.language}" could not be read; install it again.`, { cause })
  }
}

/** Digest of the unpacked data, remembered as long as the file does not change; equal for both engines on one model. */
export async function languageDigest(file: LanguageFile): Promise<Digest> {
  const { size, mtimeMs } = await stat(file.path)
  const key = `${file.path}\0${size}\0${mtimeMs}`
  const known = digests.get(key)
  if (known) return known
  const digest = digestOf(await readLanguage(file))
  digests.set(key, digest)
  return digest
}

/** The digests of several languages by name. */
export async function languageDigests(files: readonly LanguageFile[]): Promise<Record<string, Digest>> {
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.language, await languageDigest(file)] as const)))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
