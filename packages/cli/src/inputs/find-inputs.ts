import { glob, readdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import { folderEntries } from './folder-entries.ts'
import { GONE, lookAt, unreadable } from './look-at.ts'
import { naturalOrder } from './natural-order.ts'
import { type PassedOver, passedOverNotes } from './passed-over.ts'

/** A file that the command line asks for. */
export interface InputFile {
  /** Absolute. */
  readonly path: string
  /** As the user would write it: from where he stands, absolute when he wrote it so. */
  readonly shown: string
  /** From the folder that all inputs have in common. */
  readonly relative: string
}

export interface FoundInputs {
  readonly files: readonly InputFile[]
  /** The folder that all have in common. */
  readonly base: string
  /** What lies in the folders and is not taken, with why. */
  readonly passedOver: readonly PassedOver[]
}

/** Whether a file in a folder is meant; when not, why not, behind its name. */
export type Accepts = (path: string) => Promise<true | { readonly why: string }>

export interface FindOptions {
  /** Outputs of an earlier run are no inputs, unless they are named one by one. */
  readonly outside?: string | undefined
  /** Which of the files in a folder are meant. */
  readonly accepts?: Accepts | undefined
}

interface Looking extends FindOptions {
  readonly passedOver: PassedOver[]
}

interface Found {
  path: string
  shown: string
}

/**
 * Files, folders (recursively) and patterns, in the order given; within a folder or pattern in natural order. A file that is named twice
 * is taken once. Hidden files are taken only when they are named.
 * @throws INPUT_MISSING for what is not there, and when nothing is left
 */
export async function findInputs(args: readonly string[], options: FindOptions = {}): Promise<FoundInputs> {
  const passedOver: PassedOver[] = []
  const files = new Map<string, Found>()
  const bases: string[] = []
  for (const argument of args) {
    const { base, found } = await expand(argument, { ...options, passedOver })
    bases.push(base)
    for (const file of found) if (!files.has(file.path)) files.set(file.path, file)
  }
  if (files.size === 0) throw new ImageDocError('INPUT_MISSING', `There is no file to work on in ${args.join(', ')}.${inWords(passedOver)}`)
  const base = commonFolder(bases)
  return { base, passedOver, files: [...files.values()].map((file) => ({ ...file, relative: relative(base, file.path) })) }
}

async function expand(argument: string, options: Looking): Promise<{ base: string; found: Found[] }> {
  if (argument === '')
    throw new ImageDocError('INPUT_MISSING', 'An input is empty: a variable that is not set, perhaps. Name a file, a folder or a pattern.')
  const path = resolve(argument)
  const known = await lookAt(path)
  if (known === 'file') return { base: dirname(path), found: [{ path, shown: argument }] }
  if (known === 'folder') return { base: path, found: await inFolder(argument, { ...options, outside: outputsBelow(path, options) }) }
  if (/[*?[\]{}]/.test(argument) && known.why === GONE) return matching(argument, options)
  throw new ImageDocError('INPUT_MISSING', await notThere(argument, known.why))
}

/** A name that is no UTF-8 is not taken, since no path that this system's file calls are given leads to it. */
const FOREIGN = 'has a name that is not UTF-8: rename it, for example with convmv'

async function inFolder(folder: string, options: Looking): Promise<Found[]> {
  const { outside, passedOver } = options
  const entries = await folderEntries(folder).catch((error: NodeJS.ErrnoException) => {
    passedOver.push({ shown: folder, why: unreadable(error) })
    return []
  })
  const found: Found[] = []
  for (const { name, isFolder, isForeign } of entries) {
    const shown = join(folder, name)
    const path = resolve(shown)
    if (name.startsWith('.') || isInside(path, outside)) continue
    if (isForeign) passedOver.push({ shown, why: FOREIGN })
    else if (isFolder) found.push(...(await inFolder(shown, options)))
    else if (await isMeant({ path, shown }, options)) found.push({ path, shown })
  }
  return found
}

/** Tells whether a file is meant; of what is not, it is noted why. */
async function isMeant({ path, shown }: Found, { accepts, passedOver }: Looking): Promise<boolean> {
  const seen = await lookAt(path)
  // A link to a folder is not followed: it may lead in a circle.
  const why = seen === 'folder' ? 'is a link to a folder, which is not followed' : seen === 'file' ? await refused(path, accepts) : seen.why
  if (why !== undefined) passedOver.push({ shown, why })
  return why === undefined
}

async function refused(path: string, accepts: Accepts | undefined): Promise<string | undefined> {
  const answer = (await accepts?.(path)) ?? true
  return answer === true ? undefined : answer.why
}

async function matching(pattern: string, options: Looking): Promise<{ base: string; found: Found[] }> {
  const segments = pattern.split(/[/\\]/)
  const magic = segments.findIndex((segment) => /[*?[\]{}]/.test(segment))
  const base = resolve(segments.slice(0, magic).join(sep) || (isAbsolute(pattern) ? sep : '.'))
  const outside = outputsBelow(base, options)
  const hidden = segments.slice(magic).some((segment) => segment.startsWith('.'))
  const isHidden = (path: string): boolean =>
    !hidden &&
    relative(base, path)
      .split(sep)
      .some((segment) => segment.startsWith('.'))
  const found: Found[] = []
  for await (const shown of glob(pattern)) {
    const path = resolve(shown)
    if (isInside(path, outside) || isHidden(path)) continue
    const seen = await lookAt(path)
    if (seen === 'file') found.push({ path, shown })
    // In the place of bytes that are no UTF-8 a pattern gives U+FFFD.
    else if (seen !== 'folder') options.passedOver.push({ shown, why: shown.includes('\ufffd') ? FOREIGN : seen.why })
  }
  if (found.length === 0) throw new ImageDocError('INPUT_MISSING', `No file fits the pattern ${pattern}.${inWords(options.passedOver)}`)
  return { base, found: found.sort((a, b) => naturalOrder(a.path, b.path)) }
}

/** The folder of the outputs when it lies within what is searched; when it is the other way round every input would count as an output. */
function outputsBelow(base: string, { outside }: FindOptions): string | undefined {
  return outside !== undefined && outside !== base && isInside(outside, base) ? outside : undefined
}

/** The deepest folder that holds all of these folders. */
export function commonFolder(folders: readonly string[]): string {
  const [first = resolve('.'), ...others] = folders
  return others.reduce((common, folder) => {
    let at = common
    while (at !== folder && !isInside(folder, at) && dirname(at) !== at) at = dirname(at)
    return at
  }, first)
}

/** True when `path` is `folder` or below it. */
export function isInside(path: string, folder: string | undefined): boolean {
  if (folder === undefined) return false
  const from = relative(folder, path)
  return from === '' || (from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from))
}

async function notThere(argument: string, why: string): Promise<string> {
  if (why !== GONE) return `The input ${argument} ${why}. Name a file or a folder.`
  // The bytes of an argument that are no UTF-8 are lost before this program sees it.
  if (argument.includes('\ufffd')) return `The input ${argument} ${FOREIGN}.`
  return `The input ${argument} does not exist.${await similar(resolve(argument))}`
}

const inWords = (passedOver: readonly PassedOver[]): string =>
  passedOverNotes(passedOver)
    .map((note) => ` ${note.replace(/^warning +/, '')}`)
    .join('')

async function similar(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => [])
  return suggest(basename(path), names)
}
