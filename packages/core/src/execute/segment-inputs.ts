import type { Digest } from '../artifact/digest.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Identity } from '../key/result-key.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { nameOf } from '../pipeline/domains.ts'
import type { Segment } from '../plan/plan.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'
import type { InputGeometry, Payload, SegmentBinding } from '../ports/step-runner.ts'
import { geometryOf, type Placed } from './geometry.ts'
import type { Missing } from './made.ts'
import { isLost } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { TakenItems } from './take-sequences.ts'
import { hopsTo, seenFrom, type Trail } from './trail.ts'

/** A segment's inputs, all there. */
export interface SegmentInputs {
  readonly payloads: Payload[]
  readonly bindings: Map<CompiledStep, Record<string, SegmentBinding>>
  readonly identities: Map<CompiledStep, Record<string, Identity | Identity[]>>
  /** What lies on what: by port the artifacts that it takes, undefined for a hole. */
  readonly placed: Map<CompiledStep, Record<string, readonly Placed[]>>
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

/** A sequence that a port takes, with what there is of each of its pages. */
export interface TakenSequence extends TakenItems {
  readonly cells: readonly Cell[]
}

export function createInputs(): SegmentInputs {
  return {
    payloads: [],
    bindings: new Map(),
    identities: new Map(),
    placed: new Map(),
    geometry: new Map(),
    primary: undefined,
    sources: new Set(),
    lost: new Set(),
    trail: { inKey: [], above: [] },
    exact: true,
    holes: false,
  }
}

/** Adds an artifact for a port that takes one. */
export function addArtifact(
  inputs: SegmentInputs,
  segment: Segment,
  at: { step: CompiledStep; binding: Binding; artifact: RunArtifact },
): void {
  const { step, binding, artifact } = at
  const { port } = binding
  entryOf(inputs.bindings, step)[port] = { input: take(inputs, artifact) }
  entryOf(inputs.identities, step)[port] = artifact.identity
  entryOf(inputs.placed, step)[port] = [artifact]
  addTrail(inputs, [...hopsTo(segment, step), { port }], artifact.trail)
  if (step === segment.steps[0]?.step && binding === step.bindings[0]) inputs.primary = artifact
}

/** The port takes what the step before it in the segment gives. */
export function addChain(inputs: SegmentInputs, step: CompiledStep, { port }: Binding): void {
  entryOf(inputs.bindings, step)[port] = { chain: true }
}

/** Once all inputs of a step are added: how they lie on each other, for an operation that asks. */
export function addGeometry(inputs: SegmentInputs, step: CompiledStep): void {
  const geometry = geometryOf(step, entryOf(inputs.placed, step))
  if (geometry) inputs.geometry.set(step, geometry)
}

/** What a map has of a step, by port. */
function entryOf<Value>(of: Map<CompiledStep, Record<string, Value>>, step: CompiledStep): Record<string, Value> {
  const known = of.get(step) ?? {}
  of.set(step, known)
  return known
}

function take(inputs: SegmentInputs, artifact: RunArtifact): number {
  for (const source of artifact.sources) inputs.sources.add(source)
  inputs.exact &&= artifact.exact
  const payload = artifact.payload()
  const notice = (error: unknown): never => {
    if (artifact.recover && isLost(error)) inputs.lost.add(artifact)
    throw error
  }
  const { load, stream } = payload
  const watched: Payload = {
    ...payload,
    load: (signal) => load(signal).catch(notice),
    stream: stream && ((signal) => stream(signal).then((bytes) => noticing(bytes, notice), notice)),
  }
  return inputs.payloads.push(watched) - 1
}

/** The stream, whose failure is noticed: a stored blob may turn out to be damaged at its end. */
function noticing(stream: ReadableStream<Uint8Array>, notice: (error: unknown) => never): ReadableStream<Uint8Array> {
  const read = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* stream
    } catch (error) {
      notice(error)
    }
  }
  return ReadableStream.from(read())
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

/** Adds what a step's ports take that take sequences. Gives what is missing when a step cannot do without. */
export function addSequences(
  inputs: SegmentInputs,
  segment: Segment,
  { step, sequences }: { step: CompiledStep; sequences: readonly TakenSequence[] },
): Missing | undefined {
  for (const { binding, cells, mismatch } of sequences) {
    const { port } = binding
    const hops = hopsTo(segment, step)
    for (const [item, cell] of cells.entries()) if (cell.type === 'done') addTrail(inputs, [...hops, { port, item }], cell.value.trail)
    const failed = cells.find((cell) => cell.type === 'failed')
    if (failed) return failed
    const hole = cells.find((cell) => cell.type === 'hole')
    if (hole && step.operation.traits?.holes !== 'accept') return refuseHoles(step, binding, cells)
    if (mismatch) return refuseMismatch(step, mismatch)
    inputs.holes ||= hole !== undefined
    entryOf(inputs.bindings, step)[port] = { sequence: cells.map((cell) => (cell.type === 'done' ? take(inputs, cell.value) : null)) }
    entryOf(inputs.placed, step)[port] = cells.map((cell) => (cell.type === 'done' ? cell.value : undefined))
    entryOf(inputs.identities, step)[port] = cells.map((cell) =>
      cell.type === 'done' ? cell.value.identity : { hole: cell.type === 'hole' ? cell.step : '' },
    )
  }
  return undefined
}

function refuseHoles(step: CompiledStep, binding: Binding, cells: readonly Cell[]): Missing {
  const skipped = cells.flatMap((cell, index) => (cell.type === 'hole' ? [index + 1] : []))
  const message = `${step.operation.name} needs every page, but of "${nameOf(binding.from)}" page ${skipped.join(', ')} of ${cells.length} was skipped.`
  return { type: 'failed', error: new ImageDocError('HOLES_REFUSED', message, { path: `steps[${step.index}]` }), refusedBy: step }
}

function refuseMismatch(step: CompiledStep, [own, other]: readonly [number, number]): Missing {
  const message = `The sequences that ${step.operation.name} joins do not have the same pages (${own} and ${other}). Join results of the same pages.`
  return { type: 'failed', error: new ImageDocError('PAGES_MISMATCH', message, { path: `steps[${step.index}]` }), refusedBy: step }
}
