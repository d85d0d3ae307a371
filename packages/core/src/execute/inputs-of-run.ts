import type { Digest } from '../artifact/digest.ts'
import { distinctPages, pageOf } from '../artifact/page-id.ts'
import type { Source } from '../artifact/source.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import { dropsProperties } from '../operation/operation.ts'
import type { CompiledInput, CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Plan } from '../plan/plan.ts'
import type { RunContext } from './context.ts'
import { readInput } from './inputs.ts'
import { createItem, type Giver, giverOf, type Item, openedItems } from './item.ts'
import type { Place } from './kept-diagnostics.ts'
import type { Base } from './place-artifact.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { handsOn, stepOn } from './variant.ts'
import { mapWindow } from './window.ts'

/** A single input's artifact; read once a run. */
export function inputCell(run: RunContext, input: CompiledInput): Promise<Cell> {
  const { cells } = run.root
  const known = cells.get(input)
  if (known) return known
  const source = run.inputs[input.name]
  const cell =
    source === undefined || isList(source)
      ? Promise.resolve<Cell>({ type: 'failed', error: missing(input.name) })
      : read(run, input, { source, held: true })
  cells.set(input, cell)
  return cell
}

/** The items of a list of inputs. Each is named by its content, so all are read; their bytes do not stay in memory. */
export async function listItems(run: RunContext, domain: Domain, name: string): Promise<readonly Item[]> {
  const input = run.plan.pipeline.inputs.get(name)
  const sources = run.inputs[name]
  if (!input || sources === undefined || !isList(sources)) return []
  const cells = await mapWindow(sources, run.window, async (source) => {
    const cell = await read(run, input, { source, held: false })
    if (cell.type === 'done') cell.value.release()
    return cell
  })
  const pages = distinctPages(cells.map((cell) => pageOf(cell.type === 'done' ? cell.value.origin.source : null)))
  return pages.map((page, index) => {
    const make = async (): Promise<Cell> => cells[index] as Cell
    return createItem({ domain, parent: run.root, index, total: pages.length, page, make })
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
  const sources = await originalsOf(run, { step, item })
  return {
    artifact: await baseArtifact(run, step, item),
    sources,
    source: sources[0],
    isBare: endsProperties(run.plan, step, item),
  }
}

/** Whether a step, or one between it and its base, ends the original's properties on a page: its results have none. */
export function endsProperties(plan: Plan, step: CompiledStep, item: Item): boolean {
  return wayToBase(step, item).places.some((at) => {
    const planned = dropsProperties(at.step.operation) ? stepOn(plan, at.step, at.item) : undefined
    return planned !== undefined && !handsOn(planned, planned)
  })
}

/** The page's own base, or the input that the first ports lead to. */
export async function baseArtifact(run: RunContext, step: CompiledStep, item: Item): Promise<RunArtifact | undefined> {
  const { base } = wayToBase(step, item)
  return base && givenArtifact(run, base)
}

/** What an input, or a step that takes apart or arranges, gives for a page; undefined where it could not be made. */
export async function givenArtifact(run: RunContext, { from, item }: Giver): Promise<RunArtifact | undefined> {
  const cell = await (from.type === 'input' && from.domain.parent === null ? inputCell(run, from) : item.base?.())
  return cell?.type === 'done' ? cell.value : undefined
}

/** The first ports of a step and of those before it, up to the one that gives what their coordinates start from; undefined where it is a sequence. */
function wayToBase(step: CompiledStep, item: Item): { places: readonly Place[]; base: Giver | undefined } {
  const places: Place[] = []
  for (let at: Place = { step, item }; ; ) {
    places.push(at)
    const [first] = at.step.bindings
    if (!first || first.spec.many) return { places, base: undefined }
    const base = giverOf(first.from, at.item)
    const { from } = base
    if (from.type === 'input' || from.operation.output.many) return { places, base }
    at = { step: from, item: base.item }
  }
}

/**
 * Digests of the originals that a step's result for one page stands on, without computing anything: of every input that leads to it, further ones
 * as well. A record cannot tell, because equal pages of two documents share one. Where it cannot be told apart, one too many is named: a purge
 * then costs time.
 */
async function originalsOf(run: RunContext, start: Place): Promise<Digest[]> {
  const originals = new Set<Digest>()
  const seen = new Map<CompiledStep, Set<Item>>()
  const queue = [start]
  // Beyond a step that arranges pages each page has its own way: not by recursion, since ways part and meet again.
  for (let at = queue.pop(); at; at = queue.pop()) {
    const known = seen.get(at.step) ?? new Set()
    if (known.has(at.item)) continue
    seen.set(at.step, known.add(at.item))
    for (const [from, isGathered] of run.plan.steps.get(at.step)?.originals ?? []) {
      for (const page of await pagesFrom(run, { from, isGathered }, at.item)) {
        const giver = giverOf(from, page)
        if (giver.from.type === 'step' && !giver.from.operation.output.many) queue.push({ step: giver.from, item: giver.item })
        else for (const source of (await givenArtifact(run, giver))?.sources ?? []) originals.add(source)
      }
    }
  }
  return [...originals]
}

async function pagesFrom(
  run: RunContext,
  { from, isGathered }: { from: Giver['from']; isGathered: boolean },
  item: Item,
): Promise<readonly Item[]> {
  if (from.domain.parent === null) return [run.root]
  const own = isGathered ? undefined : ancestorIn(from.domain, item)
  return own ? [own] : ((await openedItems(from.domain, run.root)) ?? [])
}

function ancestorIn(domain: Domain, item: Item): Item | undefined {
  for (let at: Item | null = item; at; at = at.parent) if (at.domain === domain) return at
  return undefined
}
