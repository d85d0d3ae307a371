import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import type { InputFile } from '../inputs/find-inputs.ts'

/** Where the outputs of one input go. */
export interface Place {
  /** Absolute. */
  readonly folder: string
  /** As the user would write it. */
  readonly shown: string
}

/** The folder of an input's outputs: `DIR/<relative input>`. */
export function placeOf(output: string, input: InputFile): Place {
  const shown = join(output, input.relative)
  return { folder: resolve(shown), shown }
}

/**
 * Checks, before anything runs, that every place can be made and that no two are one.
 * @throws OUTPUT_EXISTS when a file is where a folder should be or two inputs would share a folder, OUTPUT_UNWRITABLE when nothing may be written there
 */
export async function checkPlaces(places: readonly Place[]): Promise<void> {
  const seen = new Map<string, Place>()
  for (const place of places) {
    const key = sameFolder(place.folder)
    const other = seen.get(key)
    if (other)
      throw new ImageDocError(
        'OUTPUT_EXISTS',
        `The outputs of two inputs would share the folder ${place.shown}: rename one of them, or run them one by one.`,
      )
    seen.set(key, place)
  }
  const checked = new Set<string>()
  for (const { folder, shown } of places) await checkFolder(folder, shown, checked)
}

/** Real paths, to know an input again whatever links lead to it. */
export async function realPaths(paths: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(paths.map((path) => realpath(path).catch(() => path))))
}

/** True when writing this file would write over one of these, also through a linked folder. */
export async function wouldOverwrite(file: string, protectedPaths: ReadonlySet<string>): Promise<boolean> {
  const folder = await realpath(dirname(file)).catch(() => dirname(file))
  return protectedPaths.has(join(folder, basename(file)))
}

/** macOS and Windows do not tell upper from lower case in names, and macOS not `é` from `e` with an accent behind it. Elsewhere these are two folders. */
function sameFolder(folder: string): string {
  if (process.platform === 'win32') return folder.toLowerCase()
  return process.platform === 'darwin' ? folder.normalize('NFC').toLowerCase() : folder
}

/** The nearest folder that is there must be one, and be writable. */
async function checkFolder(folder: string, shown: string, checked: Set<string>): Promise<void> {
  for (let at = folder; !checked.has(at); at = dirname(at)) {
    checked.add(at)
    const found = await stat(at).catch(() => undefined)
    if (found === undefined) continue
    if (!found.isDirectory())
      throw new ImageDocError(
        'OUTPUT_EXISTS',
        `The outputs would go to ${shown}, but ${at === folder ? 'that' : at} is a file: choose another folder with -o.`,
      )
    const writable = await access(at, constants.W_OK).then(
      () => true,
      () => false,
    )
    if (!writable)
      throw new ImageDocError(
        'OUTPUT_UNWRITABLE',
        `The outputs would go to ${shown}, but nothing may be written to ${at}: choose another folder with -o.`,
      )
    return
  }
}
