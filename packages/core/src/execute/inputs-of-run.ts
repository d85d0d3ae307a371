import { firstPage } from '../artifact/page-id.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import type { CompiledInput, Domain } from '../pipeline/compiled.ts'
import { readInput } from './inputs.ts'
import type { Cell } from './run-artifact.ts'
import { createItem, type Item, type RunScope } from './scope.ts'

/** A single input's artifact; read once a run. */
export function inputCell(scope: RunScope, input: CompiledInput): Promise<Cell> {
  const known = scope.inputs.get(input)
  if (known) return known
  const source = scope.sources[input.name]
  const cell =
    source === undefined || Array.isArray(source)
      ? Promise.resolve<Cell>({ type: 'failed', error: missing(input.name) })
      : read(scope, input, { source: source as Exclude<typeof source, readonly unknown[]>, position: 0, held: true })
  scope.inputs.set(input, cell)
  return cell
}

/** The items of a list of inputs, each read when it is asked for. */
export function listItems(scope: RunScope, domain: Domain, name: string): Item[] {
  const input = scope.plan.pipeline.inputs.get(name)
  const sources = scope.sources[name]
  if (!input || !Array.isArray(sources)) return []
  return sources.map((source, position) => {
    let cell: Promise<Cell> | undefined
    const base = (): Promise<Cell> => {
      cell ??= read(scope, input, { source, position, held: false })
      return cell
    }
    return createItem({ domain, parent: scope.root, index: position, page: firstPage(name, position), base })
  })
}

async function read(scope: RunScope, input: CompiledInput, at: Parameters<typeof readInput>[2]): Promise<Cell> {
  const { registry, plan, limits, scratch, signal } = scope
  try {
    return { type: 'done', artifact: await readInput({ registry, pipeline: plan.pipeline, limits, scratch, signal }, input, at) }
  } catch (error) {
    return { type: 'failed', error: toImageDocError(error, 'INPUT_MISSING', `"${at.source.name}" could not be read`) }
  }
}

function missing(name: string): ImageDocError {
  return new ImageDocError('INPUT_MISSING', `The input "${name}" was not given.`, { path: `inputs.${name}` })
}
