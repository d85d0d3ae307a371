import type { Digest } from '../artifact/digest.ts'
import { formatPageId } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Identity } from '../key/result-key.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { nameOf } from '../pipeline/domains.ts'
import type { Segment } from '../plan/plan.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'
import type { InputGeometry, Payload, SegmentBinding } from '../ports/step-runner.ts'
import { geometryOf } from './geometry.ts'
import { inputCell } from './inputs-of-run.ts'
import { allItems, joinedItem } from './items.ts'
import { isLost } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'
import { hopsTo, seenFrom, type Trail } from './trail.ts'
import { mapWindow } from './window.ts'

/** A segment's inputs, all there. */
export interface SegmentInputs {
  readonly payloads: Payload[]
  readonly bindings: Map<CompiledStep, Record<string, SegmentBinding>>
  readonly identities: Map<CompiledStep, Record<string, Identity | Identity[]>>
  /** Of steps that ask how their inputs lie on each other. */
  readonly geometry: Map<CompiledStep, InputGeometry>
  /** Of the first port of the first step; undefined when that takes a whole sequence. */
  primary: RunArtifact | undefined
  readonly sources: Set<Digest>
  /** Inputs whose bytes were gone when a runner asked for them. */
  readonly lost: Set<RunArtifact>
  /** What was found on the way to them, seen from the segment's last step. */
  readonly trail: { readonly inKey: KeptDiagnostic[]; readonly above: KeptDiagnostic[] }
  exact: boolean
  holes: boolean
}

type Missing = Exclude<Cell, { type: 'done' }>

/** Evaluates what a segment takes on one page; the first input that is a hole or has failed is the answer for the whole. */
export async function segmentInputs(scope: RunScope, segment: Segment, item: Item): Promise<SegmentInputs | Missing> {
  const inputs: SegmentInputs = {
    payloads: [],
    bindings: new Map(),
    identities: new Map(),
    geometry: new Map(),
    primary: undefined,
    sources: new Set(),
    lost: new Set(),
    trail: { inKey: [], above: [] },
    exact: true,
    holes: false,
  }
  const interior = new Set(segment.steps.slice(0, -1).map((planned) => planned.step))
  for (const { step } of segment.steps) {
    const bindings: Record<string, SegmentBinding> = {}
    const identities: Record<string, Identity | Identity[]> = {}
    inputs.bindings.set(step, bindings)
    inputs.identities.set(step, identities)
    const placed: Record<string, (RunArtifact | undefined)[]> = {}
    const sequences: { binding: Binding; items: Item[]; cells: Cell[] }[] = []
    for (const binding of step.bindings) {
      if (binding.from.type === 'step' && interior.has(binding.from)) {
        bindings[binding.port] = { chain: true }
      } else if (binding.spec.many) {
        const items = (await allItems(scope, binding.from.domain, { open: true })) ?? []
        const cells = await mapWindow(items, scope.window, (at) => cellOf(scope, binding, at))
        sequences.push({ binding, items, cells })
        addTrails(inputs, { hops: hopsTo(segment, step), port: binding.port, cells })
      } else {
        const cell = await joinedCell(scope, binding, item)
        if (cell.type !== 'done') return cell
        bindings[binding.port] = { input: take(inputs, cell.artifact) }
        identities[binding.port] = cell.artifact.identity
        placed[binding.port] = [cell.artifact]
        addTrail(inputs, [...hopsTo(segment, step), { port: binding.port }], cell.artifact.trail)
        if (step === segment.steps[0]?.step && binding === step.bindings[0]) inputs.primary = cell.artifact
      }
    }
    const missing = addSequences(inputs, { step, sequences, bindings, identities, placed })
    if (missing) return missing
    const geometry = geometryOf(step, placed)
    if (geometry) inputs.geometry.set(step, geometry)
  }
  return inputs
}

async function joinedCell(scope: RunScope, binding: Binding, item: Item): Promise<Cell> {
  try {
    return await cellOf(scope, binding, await joinedItem(scope, binding.from.domain, item))
  } catch (error) {
    if (error instanceof ImageDocError && error.code === 'PAGES_MISMATCH') return { type: 'failed', error }
    throw error
  }
}

/** The artifact that a binding's source gives for a page. */
export async function cellOf(scope: RunScope, { from }: Binding, item: Item): Promise<Cell> {
  if (from.type === 'input') return item.base ? item.base() : inputCell(scope, from)
  if (from.operation.output.many)
    return item.base ? item.base() : { type: 'failed', error: new ImageDocError('INTERNAL', `The pages of "${from.id}" were not opened.`) }
  // A stand-in for pages that could not be opened has nothing to work on.
  const base = item.base ? await item.base() : undefined
  return base && base.type !== 'done' ? base : scope.evaluate(from, item)
}

function take(inputs: SegmentInputs, artifact: RunArtifact): number {
  for (const source of artifact.sources) inputs.sources.add(source)
  inputs.exact &&= artifact.exact
  const payload = artifact.payload()
  const load: Payload['load'] = (signal) =>
    payload.load(signal).catch((error) => {
      if (artifact.recover && isLost(error)) inputs.lost.add(artifact)
      throw error
    })
  return inputs.payloads.push({ ...payload, load }) - 1
}

function addTrails(inputs: SegmentInputs, { hops, port, cells }: { hops: readonly Hop[]; port: string; cells: readonly Cell[] }): void {
  for (const [item, cell] of cells.entries()) if (cell.type === 'done') addTrail(inputs, [...hops, { port, item }], cell.artifact.trail)
}

function addTrail({ trail }: SegmentInputs, hops: readonly Hop[], artifact: Trail): void {
  if (artifact.inKey.length + artifact.above.length === 0) return
  const { inKey, above } = seenFrom(hops, artifact)
  trail.inKey.push(...inKey)
  trail.above.push(...above)
}

/** Does work on inputs; when bytes of them turn out to be gone they are made again, and the work is begun anew. */
export async function withInputs<Result>(inputs: SegmentInputs, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    const [outcome] = await Promise.allSettled([work()])
    if (inputs.lost.size === 0 && outcome.status === 'fulfilled') return outcome.value
    if (inputs.lost.size === 0 && outcome.status === 'rejected') throw outcome.reason
    const lost = [...inputs.lost]
    inputs.lost.clear()
    for (const artifact of lost) await artifact.recover?.()
  }
}

interface Sequences {
  step: CompiledStep
  sequences: { binding: Binding; items: Item[]; cells: Cell[] }[]
  bindings: Record<string, SegmentBinding>
  identities: Record<string, Identity | Identity[]>
  placed: Record<string, (RunArtifact | undefined)[]>
}

function addSequences(inputs: SegmentInputs, { step, sequences, bindings, identities, placed }: Sequences): Missing | undefined {
  const long = sequences.filter(({ items, binding }) => items.length !== 1 || binding.from.domain.parent !== null)
  const order = long[0]?.items.map((item) => formatPageId(item.page)) ?? []
  for (const { binding, items, cells } of sequences) {
    const failed = cells.find((cell) => cell.type === 'failed')
    if (failed) return failed
    const hole = cells.find((cell) => cell.type === 'hole')
    if (hole && step.operation.traits?.holes !== 'accept') return refuseHoles(step, binding, cells)
    const sorted = binding.from.domain.parent === null ? cells : inOrder(step, { order, items, cells })
    if (!Array.isArray(sorted)) return sorted
    inputs.holes ||= hole !== undefined
    bindings[binding.port] = { sequence: sorted.map((cell) => (cell.type === 'done' ? take(inputs, cell.artifact) : null)) }
    placed[binding.port] = sorted.map((cell) => (cell.type === 'done' ? cell.artifact : undefined))
    identities[binding.port] = sorted.map((cell) =>
      cell.type === 'done' ? cell.artifact.identity : { hole: cell.type === 'hole' ? cell.step : '' },
    )
  }
  return undefined
}

function refuseHoles(step: CompiledStep, binding: Binding, cells: readonly Cell[]): Missing {
  const skipped = cells.flatMap((cell, index) => (cell.type === 'hole' ? [index + 1] : []))
  const message = `${step.operation.name} needs every page, but of "${nameOf(binding.from)}" page ${skipped.join(', ')} of ${cells.length} was skipped.`
  return { type: 'failed', error: new ImageDocError('HOLES_REFUSED', message, { path: `steps[${step.index}]` }) }
}

/** Cells in the order of the step's first sequence, by page id. */
function inOrder(
  step: CompiledStep,
  { order, items, cells }: { order: readonly string[]; items: readonly Item[]; cells: readonly Cell[] },
): Cell[] | Missing {
  const byPage = new Map(items.map((item, index) => [formatPageId(item.page), cells[index]]))
  const sorted = order.map((page) => byPage.get(page))
  if (order.length === items.length && !sorted.includes(undefined)) return sorted as Cell[]
  const message = `The sequences that ${step.operation.name} joins do not have the same pages (${order.length} and ${items.length}). Join results of the same pages.`
  return { type: 'failed', error: new ImageDocError('PAGES_MISMATCH', message, { path: `steps[${step.index}]` }) }
}
