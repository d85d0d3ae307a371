import { cpSync, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Ignore } from './ignore.ts'

/** As COPY does it: a folder's content, a file under its name where the destination is a folder. Without `ignore` everything. */
export function copy(sources: readonly string[], destination: string, from: { root: string; ignore?: Ignore }): void {
  const { root, ignore } = from
  const intoFolder = sources.length > 1 || destination.endsWith('/')
  for (const source of sources) {
    const path = join(root, source)
    const target = statSync(path).isDirectory() || !intoFolder ? destination : join(destination, basename(source))
    mkdirSync(dirname(resolve(target)), { recursive: true })
    cpSync(path, target, {
      recursive: true,
      verbatimSymlinks: true,
      ...(ignore && { filter: (file: string) => isWanted(relative(root, file).replaceAll(sep, '/'), ignore, isFolder(file)) }),
    })
  }
}

function isWanted(path: string, ignore: Ignore, folder: boolean): boolean {
  return path === '' || !(folder ? ignore.prunes(path) : ignore.excludes(path))
}

/** A symbolic link is none. */
function isFolder(file: string): boolean {
  return lstatSync(file).isDirectory()
}

/** Links that lead out of the root: in an image there is nothing where they point. */
export function strayLinks(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((link) => !resolve(dirname(link), readlinkSync(link)).startsWith(root + sep))
}
