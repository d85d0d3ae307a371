import type { Digest } from '../artifact/digest.ts'
import { firstPage } from '../artifact/page-id.ts'
import type { Source } from '../artifact/source.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import type { CompiledInput, CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { RunContext } from './context.ts'
import { readInput } from './inputs.ts'
import { createItem, type Item, openedItems } from './item.ts'
import type { Base } from './place-artifact.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'

/** A single input's artifact; read once a run. */
export function inputCell(run: RunContext, input: CompiledInput): Promise<Cell> {
  const { cells } = run.root
  const known = cells.get(input)
  if (known) return known
  const source = run.inputs[input.name]
  const cell =
    source === undefined || isList(source)
      ? Promise.resolve<Cell>({ type: 'failed', error: missing(input.name) })
      : read(run, input, { source, position: 0, held: true })
  cells.set(input, cell)
  return cell
}

/** The items of a list of inputs, each read when it is asked for. */
export function listItems(run: RunContext, domain: Domain, name: string): readonly Item[] {
  const input = run.plan.pipeline.inputs.get(name)
  const sources = run.inputs[name]
  if (!input || sources === undefined || !isList(sources)) return []
  return sources.map((source, position) => {
    const make = (): Promise<Cell> => read(run, input, { source, position, held: false })
    return createItem({ domain, parent: run.root, index: position, total: sources.length, page: firstPage(name, position), make })
  })
}

function isList(source: Source | readonly Source[]): source is readonly Source[] {
  return Array.isArray(source)
}

async function read(run: RunContext, input: CompiledInput, at: Parameters<typeof readInput>[2]): Promise<Cell> {
  try {
    return { type: 'done', value: await readInput({ ...run, pipeline: run.plan.pipeline }, input, at) }
  } catch (error) {
    return { type: 'failed', error: toImageDocError(error, 'INPUT_MISSING', `"${at.source.name}" could not be read`) }
  }
}

function missing(name: string): ImageDocError {
  return new ImageDocError('INPUT_MISSING', `The input "${name}" was not given.`, { path: `inputs.${name}` })
}

/** Where the coordinates of a step's results on a page start, and the originals that they stand on. */
export async function baseOf(run: RunContext, step: CompiledStep, item: Item): Promise<Base> {
  return { artifact: await baseArtifact(run, step, item), sources: await originalsOf(run, step, item) }
}

/** The page's own base, or the input that the first ports lead to. */
export async function baseArtifact(run: RunContext, step: CompiledStep, item: Item): Promise<RunArtifact | undefined> {
  for (let at: CompiledStep = step; ; ) {
    const [first] = at.bindings
    if (!first || first.spec.many) return undefined
    if (first.from.type === 'step' && !first.from.operation.output.many) {
      at = first.from
      continue
    }
    const isSingle = first.from.type === 'input' && first.from.domain.parent === null
    const cell = await (isSingle ? inputCell(run, first.from as CompiledInput) : item.base?.())
    return cell?.type === 'done' ? cell.value : undefined
  }
}

/**
 * Digests of the originals that a step's result for one page stands on, without computing anything: of every input that leads to it, further ones
 * as well. A record cannot tell, because equal pages of two documents share one. Where it cannot be told apart, one too many is named: a purge
 * then costs time.
 */
async function originalsOf(run: RunContext, step: CompiledStep, item: Item): Promise<Digest[]> {
  const originals = new Set<Digest>()
  for (const [input, isGathered] of run.plan.steps.get(step)?.originals ?? []) {
    const isSingle = input.domain.parent === null
    const own = isSingle || isGathered ? undefined : ancestorIn(input.domain, item)
    const items = own ? [own] : isSingle ? [] : ((await openedItems(input.domain, run.root)) ?? [])
    const cells = isSingle ? [inputCell(run, input)] : items.map((each) => each.base?.())
    for (const cell of await Promise.all(cells)) {
      if (cell?.type === 'done') for (const source of cell.value.sources) originals.add(source)
    }
  }
  return [...originals]
}

function ancestorIn(domain: Domain, item: Item): Item | undefined {
  for (let at: Item | null = item; at; at = at.parent) if (at.domain === domain) return at
  return undefined
}
