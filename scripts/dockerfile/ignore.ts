/** Says of a path of the build context (with `/`, from its root) whether `.dockerignore` keeps it out. */
export interface Ignore {
  excludes(path: string): boolean
  /** Nothing below this folder can come in. */
  prunes(folder: string): boolean
}

/** The rules of https://docs.docker.com/build/concepts/context/#dockerignore-files: the last pattern that a path or a folder above it fits decides. */
export function parseDockerignore(text: string): Ignore {
  const lines = text.split('\n').map((line) => line.trim())
  const patterns = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ negated: line.startsWith('!'), glob: line.replace(/^!?\/?/, '').replace(/\/$/, '') }))
    .map(({ negated, glob }) => ({ negated, glob, expression: expressionOf(glob) }))
  const excludes = (path: string): boolean => patterns.findLast(({ expression }) => expression.test(path))?.negated === false
  const prunes = (folder: string): boolean =>
    excludes(folder) && !patterns.some(({ negated, glob }) => negated && (glob.startsWith(`${folder}/`) || glob.includes('*')))
  return { excludes, prunes }
}

function expressionOf(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, (found) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[found] ?? found)
  return new RegExp(`^${source}(?:/.*)?$`)
}
