import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fromFile, ImageDocError, type Inputs, type PipelineDefinition, type Source } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'

/** The inputs beside the document. */
export interface FurtherInputs {
  readonly sources: Inputs
  /** Absolute, by name. */
  readonly paths: Readonly<Record<string, readonly string[]>>
}

/**
 * The inputs given by `--input NAME=FILE`; a name that is given several times is a sequence.
 * @throws USAGE for another form, or a name that the pipeline does not declare; INPUT_MISSING when a declared one is not given or is no file
 */
export async function furtherInputs(assignments: readonly string[], { inputs: declared = {} }: PipelineDefinition): Promise<FurtherInputs> {
  const files = new Map<string, string[]>()
  for (const assignment of assignments) {
    const [name = '', ...rest] = assignment.split('=')
    const file = rest.join('=')
    if (name === '' || file === '') throw new ImageDocError('USAGE', `--input "${assignment}" is not understood; write NAME=FILE.`)
    if (!Object.hasOwn(declared, name)) throw new ImageDocError('USAGE', `--input ${name}: ${undeclared(name, Object.keys(declared))}`)
    await checkFile(name, file)
    files.set(name, [...(files.get(name) ?? []), resolve(file)])
  }
  const missing = Object.keys(declared).filter((name) => !files.has(name))
  if (missing.length > 0)
    throw new ImageDocError(
      'INPUT_MISSING',
      `The pipeline also needs ${missing.join(', ')}; give ${missing.map((name) => `--input ${name}=FILE`).join(' ')}.`,
    )
  const sources = [...files].map(([name, paths]) => [name, sourceOf(paths)] as const)
  return { sources: Object.fromEntries(sources), paths: Object.fromEntries(files) }
}

/** All runs would fail for the same reason: it is said once, before the first. */
async function checkFile(name: string, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile()) return
  const what = found === undefined ? 'does not exist' : 'is not a file'
  throw new ImageDocError('INPUT_MISSING', `--input ${name}: ${file} ${what}; give the path of a file.`)
}

function sourceOf(paths: readonly string[]): Source | Source[] {
  const sources = paths.map((path) => fromFile(path))
  return sources.length === 1 && sources[0] !== undefined ? sources[0] : sources
}

function undeclared(name: string, declared: readonly string[]): string {
  if (name === 'input') return 'the document itself is given without --input.'
  if (declared.length === 0) return 'the pipeline declares no further inputs.'
  return `the pipeline declares no such input.${suggest(name, declared) || ` It declares: ${declared.join(', ')}.`}`
}
