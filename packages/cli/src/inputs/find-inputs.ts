import { glob, readdir, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import { naturalOrder } from './natural-order.ts'

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
  /** Files in folders that the pipeline cannot read, as the user would write them. */
  readonly passedOver: readonly string[]
}

export interface FindOptions {
  /** Outputs of an earlier run are no inputs, unless they are named one by one. */
  readonly outside?: string | undefined
  /** Which of the files in a folder are meant. */
  readonly accepts?: ((path: string) => Promise<boolean>) | undefined
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
  const passedOver: string[] = []
  const files = new Map<string, Found>()
  const bases: string[] = []
  for (const argument of args) {
    const { base, found } = await expand(argument, { ...options, passedOver })
    bases.push(base)
    for (const file of found) if (!files.has(file.path)) files.set(file.path, file)
  }
  if (files.size === 0) throw new ImageDocError('INPUT_MISSING', `There is no file to work on in ${args.join(', ')}.`)
  const base = commonFolder(bases)
  return { base, passedOver, files: [...files.values()].map((file) => ({ ...file, relative: relative(base, file.path) })) }
}

async function expand(argument: string, options: FindOptions & { passedOver: string[] }): Promise<{ base: string; found: Found[] }> {
  if (argument === '')
    throw new ImageDocError('INPUT_MISSING', 'An input is empty: a variable that is not set, perhaps. Name a file, a folder or a pattern.')
  const path = resolve(argument)
  const known = await stat(path).catch(() => undefined)
  if (known?.isFile()) return { base: dirname(path), found: [{ path, shown: argument }] }
  if (known?.isDirectory()) return { base: path, found: await inFolder(argument, { ...options, outside: outputsBelow(path, options) }) }
  if (known)
    throw new ImageDocError('INPUT_MISSING', `The input ${argument} is neither a file nor a folder; write what it gives into a file.`)
  if (/[*?[\]{}]/.test(argument)) return matching(argument, options)
  throw new ImageDocError('INPUT_MISSING', `The input ${argument} does not exist.${await similar(path)}`)
}

async function inFolder(folder: string, { outside, accepts, passedOver }: FindOptions & { passedOver: string[] }): Promise<Found[]> {
  const found: Found[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => naturalOrder(a.name, b.name))) {
    const shown = join(folder, entry.name)
    const path = resolve(shown)
    if (entry.name.startsWith('.') || isInside(path, outside)) continue
    // A link to a folder is not followed: it may lead in a circle.
    if (entry.isDirectory()) found.push(...(await inFolder(shown, { outside, accepts, passedOver })))
    else if (
      !(await stat(path).then(
        (target) => target.isFile(),
        () => false,
      ))
    )
      continue
    else if (accepts === undefined || (await accepts(path))) found.push({ path, shown })
    else passedOver.push(shown)
  }
  return found
}

async function matching(pattern: string, options: FindOptions): Promise<{ base: string; found: Found[] }> {
  const segments = pattern.split(/[/\\]/)
  const magic = segments.findIndex((segment) => /[*?[\]{}]/.test(segment))
  const base = resolve(segments.slice(0, magic).join(sep) || (isAbsolute(pattern) ? sep : '.'))
  const outside = outputsBelow(base, options)
  const hidden = segments.slice(magic).some((segment) => segment.startsWith('.'))
  const found: Found[] = []
  for await (const shown of glob(pattern)) {
    const path = resolve(shown)
    if (
      isInside(path, outside) ||
      (!hidden &&
        relative(base, path)
          .split(sep)
          .some((segment) => segment.startsWith('.')))
    )
      continue
    if (
      await stat(path).then(
        (target) => target.isFile(),
        () => false,
      )
    )
      found.push({ path, shown })
  }
  if (found.length === 0) throw new ImageDocError('INPUT_MISSING', `No file fits the pattern ${pattern}.`)
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

async function similar(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => [])
  return suggest(basename(path), names)
}
