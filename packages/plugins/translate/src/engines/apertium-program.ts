import { execFile } from 'node:child_process'
import { readFile, realpath, stat } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { createDigester, type Digest, digestOf } from '@imagedoc/core'
import type { ApertiumOptions } from '../options.ts'
import { type Mode, parseModes } from './apertium-path.ts'

const run = promisify(execFile)
/** For this long its answer about itself is believed: plans ask often. */
const BELIEVED_MS = 30_000

/** The program as it is installed. */
export interface ApertiumProgram {
  /** Such as `Apertium 3.8.3`. */
  readonly version: string
  readonly modes: readonly Mode[]
  /** Of the mode and of all data that it names; null when the mode's file is not found. */
  digest(mode: Mode): Promise<Digest | null>
}

/** The arguments that lead to the data, the same for every call. */
export function dataArguments({ dataPath }: ApertiumOptions): string[] {
  return dataPath ? ['-d', resolve(dataPath)] : []
}

/** Asks the program what it is and has; undefined when it does not run. */
export function createProbe(options: ApertiumOptions): () => Promise<ApertiumProgram | undefined> {
  let known: { at: number; program: Promise<ApertiumProgram | undefined> } | undefined
  return () => {
    if (!known || Date.now() - known.at > BELIEVED_MS) known = { at: Date.now(), program: probe(options) }
    return known.program
  }
}

async function probe(options: ApertiumOptions): Promise<ApertiumProgram | undefined> {
  try {
    const [version, list] = await Promise.all(
      [['-V'], [...dataArguments(options), '-l']].map((args) => run(options.path, args, { timeout: 10_000 }).then(({ stdout }) => stdout)),
    )
    if (!/^Apertium /i.test(version ?? '')) return undefined
    return { version: (version ?? '').trim(), modes: parseModes(list ?? ''), digest: (mode) => modeDigest(mode, options) }
  } catch {
    return undefined
  }
}

const digests = new Map<string, Promise<Digest>>()

async function modeDigest(mode: Mode, options: ApertiumOptions): Promise<Digest | null> {
  for (const folder of await dataFolders(options)) {
    const path = join(folder, 'modes', `${mode.name}.mode`)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const all = createDigester()
    all.update(Buffer.from(text))
    for (const [, file = ''] of text.matchAll(/'([^']+)'/g)) all.update(Buffer.from(await fileDigest(file)))
    return all.digest()
  }
  return null
}

/** Remembered as long as the file does not change: a pair has 10 MB of data. */
async function fileDigest(path: string): Promise<Digest | 'missing'> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return 'missing'
  const key = `${path}\0${found.size}\0${found.mtimeMs}`
  const digest = digests.get(key) ?? readFile(path).then(digestOf)
  digests.set(key, digest)
  return digest
}

/** Where the program looks: the folder it is told, that of its environment, or the one beside it. */
async function dataFolders({ dataPath, path }: ApertiumOptions): Promise<string[]> {
  if (dataPath) return [resolve(dataPath)]
  const named = process.env['APERTIUM_DATADIR']
  const places = path.includes('/') ? [path] : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, path))
  const programs = await Promise.all(places.map((place) => realpath(place).catch(() => undefined)))
  return [...(named ? [named] : []), ...programs.flatMap((found) => (found ? [join(dirname(dirname(found)), 'share', 'apertium')] : []))]
}
