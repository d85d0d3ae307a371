import type { Artifact } from '../artifact/artifact.ts'
import type { PageId } from '../artifact/page-id.ts'
import { type Sequence, sequenceOf } from '../artifact/sequence.ts'
import { ImageDocError } from '../errors/error.ts'
import { kindsOf } from '../operation/port.ts'
import type { PlannedOutput } from '../plan/plan.ts'
import type { RunContext } from './context.ts'
import type { Item } from './item.ts'
import { allItems } from './resolve.ts'
import type { Cell } from './run-artifact.ts'

/** One page of an output: its artifact, or why there is none. */
export interface OutputEntry {
  readonly page: PageId
  readonly artifact?: Artifact
  /** The page was skipped, or the run was cancelled before it was done. */
  readonly hole?: string
  /** The page failed. */
  readonly error?: ImageDocError
}

/**
 * An output of a run. Whether it is a sequence follows from the pipeline's types, never from the number of pages: `sequence` decides between
 * `name.ext` and `name-0001.ext`. Holes count in `length`; the iterator passes over them.
 */
export interface Output extends Sequence<Artifact> {
  readonly kind: string
  readonly sequence: boolean
  /** Every page in order, with holes. */
  entries(): readonly OutputEntry[]
  /** The only artifact. @throws the page's error; PAGE_SKIPPED; USAGE when there are several */
  one(): Promise<Artifact>
}

/** What was made of the outputs and of the steps to keep. `waitMs`: how long to look for the pages of a run that was stopped. */
export async function collectOutputs(
  run: RunContext,
  waitMs?: number,
): Promise<{ outputs: Record<string, Output>; kept: Record<string, Output> }> {
  const outputs: Record<string, Output> = {}
  const kept: Record<string, Output> = {}
  for (const output of run.plan.outputs) {
    const { file } = output
    const items = (await known(allItems(run, file.domain, { open: false }), waitMs)) ?? []
    const entries = await Promise.all(items.map((item) => entryOf(item, output)))
    const collected = output.isKept ? kept : outputs
    collected[output.name] = createOutput(output, entries)
  }
  return { outputs, kept }
}

async function entryOf(item: Item, { file }: PlannedOutput): Promise<OutputEntry> {
  const own = file.operation.output.many ? item.base?.() : item.cells.get(file)
  const cell = (await settled(own)) ?? (await settled(item.base?.()))
  const { page } = item
  if (cell?.type === 'done')
    return own && (await settled(own)) ? { page, artifact: cell.value } : { page, hole: 'The run ended before this page was done.' }
  if (cell?.type === 'failed') return { page, error: cell.error }
  return { page, hole: cell?.reason ?? 'The run ended before this page was done.' }
}

/** A promise's value if it has one already. */
export async function settled(cell: Promise<Cell> | undefined): Promise<Cell | undefined> {
  return cell && Promise.race([cell.catch(() => undefined), Promise.resolve().then(() => undefined)])
}

function known<T>(promise: Promise<T>, waitMs: number | undefined): Promise<T | undefined> {
  const quiet = promise.catch(() => undefined)
  return waitMs === undefined
    ? quiet
    : Promise.race([quiet, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), waitMs).unref())])
}

function createOutput({ name, from, sequence }: PlannedOutput, entries: readonly OutputEntry[]): Output {
  const at = (index: number): Artifact => {
    const entry = entries[index]
    if (entry === undefined) throw new ImageDocError('NOT_FOUND', `"${name}" has no item ${index}; its length is ${entries.length}.`)
    if (entry.artifact) return entry.artifact
    throw entry.error ?? new ImageDocError('PAGE_SKIPPED', entry.hole ?? `Page ${index + 1} was skipped.`)
  }
  return {
    ...sequenceOf<Artifact>(entries.length, at, (index) => entries[index]?.artifact !== undefined),
    at: async (index) => at(index),
    kind: kindsOf(from.operation.output)[0] ?? '',
    sequence,
    entries: () => entries,
    one: async () => {
      if (entries.length > 1) throw new ImageDocError('USAGE', `"${name}" has ${entries.length} pages; iterate over it, or use at(index).`)
      if (entries.length === 0) throw new ImageDocError('PAGE_SKIPPED', `"${name}" was not made.`)
      return at(0)
    },
  }
}
