import { digestOf } from '../artifact/digest.ts'
import { type PageId, pageOf } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Identity } from '../key/result-key.ts'
import { seesProperties } from '../operation/operation.ts'
import type { Binding, CompiledInput, CompiledStep, Domain } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import { type Segment, segmentOf } from '../plan/plan.ts'
import { type ArrangedPage, arrangedItems, arrangeError, missingAmong } from './arrange-pages.ts'
import { segmentCall } from './call.ts'
import type { RunContext } from './context.ts'
import { expectedGeometry } from './expected-geometry.ts'
import { baseArtifact, baseOf, endsProperties, givenArtifact, inputCell, listItems } from './inputs-of-run.ts'
import { type Giver, type Item, itemFor, itemsIn } from './item.ts'
import { actualKey, keyOf } from './keys.ts'
import type { Made, Missing } from './made.ts'
import { lookUp, make } from './make.ts'
import { type ArtifactPiece, artifactPiece } from './make-artifact.ts'
import { listPiece } from './make-list.ts'
import type { Cell } from './run-artifact.ts'
import { addArtifact, addChain, addGeometry, addSequences, createInputs, type SegmentInputs, type TakenSequence } from './segment-inputs.ts'
import { indexPages, mayDiffer, type PageIndex, type TakenItems, takeSequences } from './take-sequences.ts'
import { tellDiagnostic, tellFailure, tellHole, tellPassed, tellUnavailable, type Unavailable } from './tell.ts'
import { behindPassing, segmentOn, stepOn, withoutSkipped } from './variant.ts'
import { mapWindow } from './window.ts'

/*
 * How a run walks up its graph. A result needs its inputs (`resultOf` -> `inputsOf` -> `resultOf`), inputs need the pages that they are of (`inputsOf` ->
 * `allItems` -> `itemsBelow` -> `inputsOf`), and a key needs the keys and the pages above (`expectedKey` -> `allItems` -> `itemsBelow` -> `expectedKey`).
 */

/** The result of a step that ends a segment, for one page: from the cache, or computed. Made once a run. Rejects only when the run is cancelled. */
export function resultOf(run: RunContext, step: CompiledStep, item: Item): Promise<Cell> {
  const known = item.cells.get(step)
  if (known) return known
  const cell = begin(run, step, item)
  item.cells.set(step, cell)
  return cell
}

function begin(run: RunContext, step: CompiledStep, item: Item): Promise<Cell> {
  const base = segmentOf(run.plan, step)
  const segment = segmentOn(run.plan, base, item)
  if (!segment) return handOn(run, base, item)
  const { unavailable } = segment.last
  return unavailable ? withoutEngine(run, { step, unavailable }, item) : make(run, pagePiece(run, segment, item))
}

/** Takes a step's result from the cache if its key is known and it is there; computes nothing. */
export async function findResult(run: RunContext, step: CompiledStep, item: Item): Promise<boolean> {
  if (item.cells.has(step)) return true
  const segment = segmentOn(run.plan, segmentOf(run.plan, step), item)
  const cell = !segment || segment.last.unavailable ? undefined : await lookUp(run, pagePiece(run, segment, item))
  if (cell) item.cells.set(step, Promise.resolve(cell))
  return cell !== undefined
}

/** A segment's result on one page. */
function pagePiece(run: RunContext, segment: Segment, item: Item): ArtifactPiece {
  const { step, persisted } = segment.last
  return artifactPiece(run, {
    segment,
    item,
    isKept: persisted,
    isRecorded: persisted && run.pages !== undefined,
    base: () => baseOf(run, step, item),
    expectedKey: () => expectedKey(run, step, item),
    inputs: () => inputsOf(run, segment, item),
    actualKey: (inputs) => actualKey(segment, inputs),
    compute: (inputs, hooks) => run.runner.runSegment(segmentCall(run, segment, { item, inputs }), hooks),
  })
}

/** What becomes of a page that all steps of a segment skip. */
async function handOn(run: RunContext, { steps }: Segment, item: Item): Promise<Cell> {
  for (const { step } of steps) tellPassed(run, step, item.page)
  const step = steps[0]?.step
  const [first] = step?.bindings ?? []
  if (!step || !first) throw new ImageDocError('INTERNAL', 'A step without an input skips a page.')
  return joinedCell(run, { step, from: first.from }, item)
}

/** What becomes of a page at a step whose engine cannot be used. */
async function withoutEngine(run: RunContext, { step, unavailable }: Unavailable, item: Item): Promise<Cell> {
  const [first] = step.bindings
  // What would have been gathered is left alone.
  const input = first && !first.spec.many ? await joinedCell(run, { step, from: first.from }, item) : undefined
  if (input?.type === 'failed') return input
  if (step.definition.onError !== 'pass' || !input) return tellUnavailable(run, { step, unavailable }, item.page)
  tellDiagnostic(run, unavailable, { page: item.page, step: step.id })
  return input
}

/** Evaluates what a segment takes on one page; the first input that is a hole or has failed is the answer for the whole. */
async function inputsOf(run: RunContext, segment: Segment, item: Item): Promise<SegmentInputs | Missing> {
  const inputs = createInputs()
  const inside = new Set<CompiledStep | CompiledInput>(segment.steps.slice(0, -1).map((planned) => planned.step))
  for (const { step } of segment.steps) {
    const taken = await takeSequences(step, async (domain) => (await allItems(run, domain, { open: true })) ?? [])
    const sequences: TakenSequence[] = []
    for (const written of step.bindings) {
      const sequence = taken?.find((candidate) => candidate.binding === written)
      const binding = withoutSkipped(segment, written)
      if (inside.has(binding.from)) addChain(inputs, step, binding)
      else if (sequence)
        sequences.push({ ...sequence, cells: await mapWindow(sequence.items, run.window, (at) => cellOf(run, binding.from, at)) })
      else {
        const cell = await joinedCell(run, { step, from: binding.from }, item)
        if (cell.type !== 'done') return cell
        addArtifact(inputs, segment, { step, binding: written, artifact: cell.value })
      }
    }
    const missing = addSequences(inputs, segment, { step, sequences })
    if (missing) return missing
    addGeometry(inputs, step)
  }
  return inputs
}

/** The artifact that a step or an input gives for a page. */
async function cellOf(run: RunContext, from: Giver['from'], item: Item): Promise<Cell> {
  if (from.type === 'input') return item.base ? item.base() : inputCell(run, from)
  if (item.handedOn && !from.operation.output.many) return resultOf(run, from, item)
  const base = await item.base?.()
  // A stand-in for pages that could not be opened has nothing to work on.
  return base && (from.operation.output.many || base.type !== 'done') ? base : resultOf(run, from, item)
}

/** The same, also for a page of another expansion of the same depth: joined by page id, never by position. */
async function joinedCell(run: RunContext, { step, from }: { step: CompiledStep } & Pick<Binding, 'from'>, item: Item): Promise<Cell> {
  const { domain } = from
  const same = itemFor(domain, item)
  if (same) return cellOf(run, from, same)
  const [own, other] = await Promise.all([pageIndex(run, item.domain), pageIndex(run, domain)])
  const found = other.find(item.page)
  const isAlike = own.size === other.size || !own.complete || !other.complete || mayDiffer(item.domain, domain)
  if (!found || !isAlike) {
    const message = `Two sequences do not have the same pages (${own.size} and ${other.size}). Join results of the same pages.`
    return { type: 'failed', error: new ImageDocError('PAGES_MISMATCH', message, { path: `steps[${step.index}]` }), refusedBy: step }
  }
  item.joined.push(found)
  return cellOf(run, from, found)
}

function pageIndex(run: RunContext, domain: Domain): Promise<PageIndex> {
  const known = run.pageIndexes.get(domain)
  if (known) return known
  const made = allItems(run, domain, { open: true }).then((items = []) => indexPages(items))
  run.pageIndexes.set(domain, made)
  return made
}

/** All items of a domain in order. With `open: false` nothing is computed: undefined when only computing would tell. */
export function allItems(run: RunContext, domain: Domain, { open }: { open: boolean }): Promise<Item[] | undefined> {
  return itemsIn(domain, run.root, (below, parent) => itemsBelow(run, { domain: below, parent, open }))
}

/** The items that open below `parent` in `domain`: from the list in the cache, or from the operation, each made when it is asked for. */
export async function itemsBelow(
  run: RunContext,
  { domain, parent, open }: { domain: Domain; parent: Item; open: boolean },
): Promise<Made<readonly Item[]> | undefined> {
  const { children } = parent
  const known = children.get(domain) ?? parent.missing
  const { openedBy } = domain
  if (known || openedBy === null) return known ?? undefined
  if ('input' in openedBy) {
    const items = listItems(run, domain, openedBy.input).then((value) => ({ type: 'done' as const, value }))
    children.set(domain, items)
    return items
  }
  // Of a step that no output needs the pages stay unknown.
  if (!open && !run.plan.steps.has(openedBy.step)) return undefined
  if (openedBy.step.operation.arrange) return arrangedBelow(run, segmentOf(run.plan, openedBy.step), { open })
  const segment = segmentOn(run.plan, segmentOf(run.plan, openedBy.step), parent)
  if (!segment) throw new ImageDocError('INTERNAL', 'An expansion was skipped.')
  const { unavailable } = segment.last
  const list = listPiece(run, {
    segment,
    parent,
    expectedKey: () => expectedKey(run, openedBy.step, parent),
    inputs: () => inputsOf(run, segment, parent),
    base: () => baseOf(run, openedBy.step, parent),
  })
  if (open) {
    const opened = unavailable ? Promise.resolve(tellUnavailable(run, { step: openedBy.step, unavailable }, parent.page)) : make(run, list)
    children.set(domain, opened)
    return opened
  }
  const found = unavailable ? undefined : await lookUp(run, list)
  if (found && !children.has(domain)) children.set(domain, Promise.resolve(found))
  return found
}

/** The pages that a step has arranged. They are what they were: nothing of them is computed here, kept, or named by a key. */
async function arrangedBelow(run: RunContext, segment: Segment, { open }: { open: boolean }): Promise<Made<readonly Item[]> | undefined> {
  const { step } = segment.last
  const { children } = run.root
  const made = arrange(run, segment, { open })
  // Whoever opens the pages knows them all.
  if (open) children.set(step.domain, made as Promise<Made<readonly Item[]>>)
  const found = await made
  if (found && !children.has(step.domain)) children.set(step.domain, Promise.resolve(found))
  return children.get(step.domain)
}

async function arrange(run: RunContext, segment: Segment, { open }: { open: boolean }): Promise<Made<readonly Item[]> | undefined> {
  const { step } = segment.last
  const given = new Map<string, ArrangedPage[]>()
  for (const { port, from } of step.bindings) {
    const items = await allItems(run, from.domain, { open })
    if (!items) return undefined
    const pages = await Promise.all(items.map(async (item) => ({ from, item, page: await pageOfGiver(run, { from, item }) })))
    const missing = missingAmong(pages)
    if (missing) return missing
    given.set(port, pages)
  }
  try {
    return { type: 'done', value: arrangedItems(run, step, { given, cellOf: ({ from, item }) => cellOf(run, from, item) }) }
  } catch (thrown) {
    const { page } = run.root
    const error = arrangeError(thrown, step)
    return step.definition.onError === 'skip' ? tellHole(run, { step: step.id, page, error }) : tellFailure(run, segment, { error, page })
  }
}

/** Which page an artifact is. A single one is the first of its file; what is made of several files is a page of its own. */
async function pageOfGiver(run: RunContext, { from, item }: Giver): Promise<PageId> {
  if (item.page.source !== null || item.domain.parent !== null) return item.page
  if (from.type === 'input') {
    const cell = await inputCell(run, from)
    return pageOf(cell.type === 'done' ? cell.value.origin.source : null)
  }
  const base = await baseArtifact(run, from, item)
  return pageOf(base?.origin.source ?? digestOf(segmentOf(run.plan, from).name))
}

/**
 * The key of a step's result on one page as far as it can be known without computing anything: from the inputs' digests, and from the items of
 * expansions that are known. Undefined when an expansion above has not been opened yet.
 */
export function expectedKey(run: RunContext, step: CompiledStep, item: Item): Promise<string | undefined> {
  const known = item.keys.get(step)
  if (known) return known
  // Begun on an empty stack: the steps above it come one within the other, and there may be thousands of them.
  const begun = Promise.resolve().then(() => makeExpectedKey(run, step, item))
  const key = begun.then((made) => {
    // Pages that are not known yet may be later.
    if (made === undefined) item.keys.delete(step)
    return made
  })
  item.keys.set(step, key)
  return key
}

async function makeExpectedKey(run: RunContext, step: CompiledStep, item: Item): Promise<string | undefined> {
  const planned = stepOn(run.plan, step, item)
  if (!planned) return undefined
  const inputs: Record<string, Identity | Identity[]> = {}
  const taken = await takeSequences(step, (domain) => allItems(run, domain, { open: false }))
  if (!taken) return undefined
  for (const binding of step.bindings) {
    const { port, from } = binding
    const sequence = taken.find((candidate) => candidate.binding === binding)
    const own = sequence ? undefined : itemFor(from.domain, item)
    const identity = sequence ? await sequenceIdentity(run, sequence) : own && (await identityOf(run, from, own))
    if (identity === undefined) return undefined
    inputs[port] = identity
  }
  // Of an input its content tells the properties; an item of an expansion has those of the original that it was made from.
  const base = seesProperties(step.operation) ? await baseArtifact(run, step, item) : undefined
  const properties = base && (endsProperties(run.plan, step, item) ? {} : base.origin.properties)
  const geometry = await expectedGeometry(
    run,
    step,
    async (binding) => taken.find((candidate) => candidate.binding === binding)?.items ?? [itemFor(binding.from.domain, item)],
  )
  return geometry === undefined ? undefined : keyOf(planned, inputs, { properties, geometry })
}

/** What a source gives for a page, as a key names it. */
async function identityOf(run: RunContext, source: Giver['from'], at: Item): Promise<Identity | undefined> {
  const { from, item } = behindPassing(run.plan, { from: source, item: at })
  if (!item) return undefined
  if (from.type === 'input' || expands(from.operation)) return (await givenArtifact(run, { from, item }))?.identity
  if (stepOn(run.plan, from, item)?.unavailable) return { hole: from.id }
  const key = await expectedKey(run, from, item)
  return key === undefined ? undefined : { key }
}

async function sequenceIdentity(run: RunContext, { binding, items, mismatch }: TakenItems): Promise<Identity[] | undefined> {
  if (mismatch) return undefined
  const identities: Identity[] = []
  for (const item of items) {
    const identity = await identityOf(run, binding.from, item)
    if (identity === undefined || 'hole' in identity) return undefined
    identities.push(identity)
  }
  return identities
}
