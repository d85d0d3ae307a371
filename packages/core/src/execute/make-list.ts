import type { Digest } from '../artifact/digest.ts'
import { raiseLimit } from '../artifact/limits.ts'
import { compose, identity } from '../artifact/matrix.ts'
import { type PageId, partOf } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import { itemKey } from '../key/result-key.ts'
import { runnerId, type Segment } from '../plan/plan.ts'
import type { StoredArtifact, StoredItems } from '../ports/result-cache.ts'
import type { OpenExpansion, SegmentHooks } from '../ports/step-runner.ts'
import { segmentCall } from './call.ts'
import type { RunContext } from './context.ts'
import { createItem, type Item } from './item.ts'
import { actualKey } from './keys.ts'
import type { Made } from './made.ts'
import { make, type Piece, type Prepared } from './make.ts'
import { type ArtifactParts, type ArtifactPiece, artifactPiece, type ListEntry } from './make-artifact.ts'
import { asBase, type Base, foundArtifact } from './place-artifact.ts'
import { writeAlias, writeRecord } from './result-records.ts'
import type { KnownResult } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { SegmentInputs } from './segment-inputs.ts'
import { tellHit, tellHole, tellKept, tellPages, tellResult, tellStepFailure } from './tell.ts'
import { fits, keptOf, ofSegment } from './trail.ts'

/** What a list needs of the pages around it. */
export interface ListParts extends Pick<Piece<OpenExpansion, readonly Item[]>, 'expectedKey' | 'inputs'> {
  readonly segment: Segment
  /** The page that is taken apart. */
  readonly parent: Item
  base(): Promise<Base>
}

type ListPiece = Piece<OpenExpansion, readonly Item[]>

/** The items that a page is taken apart into, each made when it is asked for. */
export function listPiece(run: RunContext, parts: ListParts): ListPiece {
  const { segment, parent, expectedKey, inputs } = parts
  const open = (from: SegmentInputs, hooks: SegmentHooks): Promise<OpenExpansion> =>
    run.runner.openExpansion(segmentCall(run, segment, { item: parent, inputs: from }), hooks)
  return {
    segment,
    item: parent,
    isKept: segment.last.persisted,
    isLeased: false,
    expectedKey,
    inputs,
    actualKey: (from) => actualKey(segment, from),
    compute: open,
    take: (found, prepared) => take(run, parts, { found, prepared, open }),
    takeRecorded: undefined,
    settle: (opened, prepared) => settle(run, parts, { opened, prepared }),
  }
}

interface Taken {
  readonly found: KnownResult
  readonly prepared: Prepared | undefined
  readonly open: ListPiece['compute']
}

/** The items that a list in the cache names; the expansion is opened when the bytes of one are lost. */
async function take(run: RunContext, parts: ListParts, { found, prepared, open }: Taken): Promise<Made<readonly Item[]>> {
  const { segment, parent } = parts
  const { step } = segment.last
  const inputs = prepared?.inputs
  const base = inputs ? await baseOn(parts, inputs) : await parts.base()
  const diagnostics = inputs ? ofSegment(segment, found.diagnostics) : found.diagnostics
  if (prepared) await pointTo(run, parts, prepared)
  const expansion = openedOnce(run, open)
  const { items: stored, of } = found.output as StoredItems
  const source = inputs ? sourceOf(inputs.primary, of) : seenSource(found, base, of)
  const pages = pagesOf(parent, { source, length: stored.length })
  const items = pages.map((page, index) => {
    const compute: ItemParts['compute'] = async (...given) => (await expansion(...given)).at(index, given[1])
    const item = createItem({
      domain: step.domain,
      parent,
      index,
      total: pages.length,
      page,
      make: async () => ({ type: 'done', value: artifact() }),
    })
    const piece = itemPiece(run, parts, { item, isKept: true, base, inputs: parts.inputs, compute, enter: async () => undefined })
    const seen = itemOf(found, stored[index] as StoredArtifact)
    const artifact = () =>
      asBase(foundArtifact(run, { ...seen, base, fromBase: seen.matrix, exact: true }, { page, restore: piece.restore }))
    return item
  })
  tellPages(run, step, items.length)
  const savedMs = found.ms === undefined ? undefined : found.ms / stored.length
  for (const item of items) tellHit(run, step, { page: item.page, savedMs })
  await tellKept(
    run,
    diagnostics.filter(({ item }) => item === undefined),
    { step, item: parent },
  )
  for (const diagnostic of diagnostics) {
    const item = diagnostic.item === undefined ? undefined : items[diagnostic.item]
    if (item) await tellKept(run, [diagnostic], { step, item })
  }
  return { type: 'done', value: items }
}

/** What the items of an expansion lie on. */
async function baseOn(parts: ListParts, { primary: artifact, sources }: SegmentInputs): Promise<Base> {
  return { ...(await parts.base()), artifact, sources: [...sources] }
}

/** The pages of a document first, parts of a page after that. */
function pagesOf({ domain, page }: Item, { source, length }: { source: Digest; length: number }): PageId[] {
  const { hasPages } = domain
  return Array.from({ length }, (_, index) => (hasPages ? partOf(page, index) : { ...page, source, page: index }))
}

/** The file that an expansion's pages are of: the original, or, where what was taken apart lies on none, that itself. */
function sourceOf(primary: RunArtifact | undefined, own: Digest): Digest {
  return primary?.origin.matrix ? primary.origin.source : own
}

/** The same of a list that was found although what was taken apart was not made. */
function seenSource({ matrix }: KnownResult, { artifact }: Base, own: Digest): Digest {
  return artifact && compose(artifact.origin.matrix, matrix) ? artifact.origin.source : own
}

/** What was taken apart, by its content, or by what it was made from. */
function takenApart(primary: RunArtifact | undefined, key: string): Digest {
  return primary?.descriptor?.digest ?? `sha256:${key}`
}

/** One item of a list, seen from the key of the list. */
function itemOf(list: KnownResult, output: StoredArtifact): KnownResult {
  const properties = { ...list.properties, ...output.properties }
  return { ...list, output, matrix: compose(list.matrix, output.matrix), properties, size: list.size ?? output.size }
}

/** The same expansion for all who ask, until the run ends. */
function openedOnce(run: RunContext, open: ListPiece['compute']): ListPiece['compute'] {
  let opened: Promise<OpenExpansion> | undefined
  return (inputs, hooks) => {
    opened ??= open(inputs, hooks).then(
      (expansion) => {
        run.open.push(expansion)
        return expansion
      },
      (error) => {
        opened = undefined
        throw error
      },
    )
    return opened
  }
}

async function settle(
  run: RunContext,
  parts: ListParts,
  { opened, prepared }: { opened: OpenExpansion; prepared: Prepared },
): Promise<{ made: Made<readonly Item[]> }> {
  const { segment, parent } = parts
  const { step } = segment.last
  run.open.push(opened)
  if (opened.length > run.limits.pages) {
    await opened[Symbol.asyncDispose]()
    const error = tooManyPages(opened.length, { limit: run.limits.pages, index: step.index })
    if (step.definition.onError !== 'skip') throw error
    tellStepFailure(run, segment, { id: runnerId(step), page: parent.page, error })
    return { made: tellHole(run, { step: step.id, page: parent.page, error }) }
  }
  // The expanding step counts item by item.
  const above = opened.steps.filter((entry) => entry.id !== runnerId(step))
  tellResult(run, segment, { result: { steps: above, diagnostics: opened.diagnostics }, page: parent.page })
  tellPages(run, step, opened.length)
  const { inputs, keys } = prepared
  const source = sourceOf(inputs.primary, takenApart(inputs.primary, keys.actual))
  const pages = pagesOf(parent, { source, length: opened.length })
  const base = await baseOn(parts, inputs)
  return { made: { type: 'done', value: openItems(run, parts, { opened, prepared, pages, base }) } }
}

export function tooManyPages(length: number, { limit, index }: { limit: number; index: number }): ImageDocError {
  const message = `There are ${length} pages; the limit is ${limit}. Choose fewer pages, or ${raiseLimit('pages')}.`
  return new ImageDocError('TOO_MANY_PAGES', message, { path: `steps[${index}]` })
}

/** The items of an expansion that is open. It is closed when all are made, and its list is kept when all are in the cache. */
function openItems(run: RunContext, parts: ListParts, { opened, prepared, pages, base }: Opened): Item[] {
  const { segment, parent } = parts
  const { inputs } = prepared
  // A step above it failed and was passed over: what comes out is not what the keys say.
  const isPassed = opened.steps.some(({ outcome }) => outcome === 'passed')
  const entries = new Map<number, ListEntry>()
  let left = opened.length
  return pages.map((page, index) => {
    const makeItem = async (): Promise<Cell> => {
      const cell = await make(run, piece)
      if (--left === 0) await opened[Symbol.asyncDispose]()
      return cell
    }
    const item = createItem({ domain: segment.last.step.domain, parent, index, total: opened.length, page, make: makeItem })
    const enter: ItemParts['enter'] = async (entry) => {
      const isNew = !entries.has(index)
      entries.set(index, entry)
      if (isNew && entries.size === opened.length) await writeList(run, parts, { opened, prepared, entries })
    }
    const isKept = segment.last.persisted && !isPassed
    const compute: ItemParts['compute'] = (_, hooks) => opened.at(index, hooks)
    const piece = itemPiece(run, parts, { item, isKept, base, inputs: async () => inputs, compute, enter })
    return item
  })
}

interface Opened {
  readonly opened: OpenExpansion
  readonly prepared: Prepared
  readonly pages: readonly PageId[]
  readonly base: Base
}

interface ItemParts extends Required<Pick<ArtifactParts, 'item' | 'isKept' | 'inputs' | 'compute' | 'enter'>> {
  /** What was expanded. */
  readonly base: Base
}

function itemPiece(run: RunContext, { segment }: ListParts, { base, ...parts }: ItemParts): ArtifactPiece {
  const { index } = parts.item
  const areRecorded = run.pages?.items === true
  const key = (inputs: SegmentInputs): string => itemKey(actualKey(segment, inputs), index)
  return artifactPiece(run, {
    ...parts,
    segment,
    isRecorded: areRecorded && segment.last.persisted,
    base: async () => base,
    actualKey: key,
    // Where other processes make items too, they are looked up before this one takes the right to make it: they need that.
    expectedKey: async () => {
      const inputs = areRecorded ? await parts.inputs() : undefined
      return inputs && !('type' in inputs) ? key(inputs) : undefined
    },
  })
}

/** Keeps the list of an expansion's items under its key, and a pointer to it under the key that was expected. */
async function writeList(
  run: RunContext,
  parts: ListParts,
  { opened, prepared, entries }: Pick<Opened, 'opened' | 'prepared'> & { entries: ReadonlyMap<number, ListEntry> },
): Promise<void> {
  const { segment } = parts
  const { keys, inputs } = prepared
  const { inKey } = inputs.trail
  // A list under the expected key is read as one that starts from its base.
  if ((keys.expected === keys.actual && inputs.primary?.fromBase !== identity) || !fits(inKey)) return
  const inOrder = [...entries].toSorted(([a], [b]) => a - b)
  // The items' page ids depend on where the expansion stands, so here their position tells whose diagnostic it is.
  const own = inOrder.flatMap(([item, { diagnostics }]) => diagnostics.map((diagnostic) => ({ ...diagnostic, item })))
  await writeRecord(run, segment.last, {
    key: keys.actual,
    output: { items: inOrder.map(([, { stored }]) => stored), of: takenApart(inputs.primary, keys.actual) },
    sources: inputs.sources,
    diagnostics: [...keptOf(segment, opened.diagnostics), ...inKey, ...own],
    ms: inOrder.reduce((sum, [, { ms }]) => sum + ms, 0),
  })
  await pointTo(run, parts, prepared)
}

/** From the key that was expected to the list's. */
async function pointTo(run: RunContext, parts: ListParts, { keys, inputs }: Prepared): Promise<void> {
  const { primary: artifact, sources, trail } = inputs
  const base = (await parts.base()).artifact
  await writeAlias(run, parts.segment.last, { keys, artifact, base, sources, above: trail.above })
}
