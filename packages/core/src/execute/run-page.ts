import { formatPageId } from '../artifact/page-id.ts'
import type { Inputs } from '../artifact/source.ts'
import { ImageDocError, isImageDocError, throwIfAborted } from '../errors/error.ts'
import { expands } from '../pipeline/domains.ts'
import type { KeepStep, Plan, Segment } from '../plan/plan.ts'
import type { RunPages } from '../ports/run-pages.ts'
import { closeContext, createContext, type RunContext, type RunDependencies } from './context.ts'
import { type Item, withJoined } from './item.ts'
import { recordOutcome } from './page-record.ts'
import { allItems, resultOf } from './resolve.ts'
import type { RunOptions } from './run.ts'
import type { Cell } from './run-artifact.ts'

/** One piece of a run that another process began. */
export interface PageRequest {
  /** As its run's record of pages calls it. */
  readonly segment: string
  /** As `formatPageId` writes it. */
  readonly page: string
  readonly pages: RunPages
  /** As the run was begun with: it decides where a piece ends. */
  readonly keep?: KeepStep | undefined
  /** As the run was begun with. @default shared by all */
  readonly cacheScope?: string | undefined
  readonly signal: AbortSignal
  /** As of {@link RunOptions}. */
  readonly onFailure?: RunOptions['onFailure']
}

/** What the run's own process could plan, and this one cannot. */
const unplanned = new Set(['INVALID_PIPELINE', 'ENGINE_UNAVAILABLE', 'CODEC_MISSING'])

/** The plan of a run that another process has planned already. @throws ENGINE_CHANGED when it is none here */
export async function planAsElsewhere(plan: Promise<Plan>): Promise<Plan> {
  try {
    return await plan
  } catch (error) {
    throw isImageDocError(error) && unplanned.has(error.code) ? changed(error) : error
  }
}

/** Does one piece of a run and writes it down. Rejects with what it failed with, after that was written down too. */
export async function executePage(
  dependencies: RunDependencies,
  plan: Plan,
  { inputs, request }: { inputs: Inputs; request: PageRequest },
): Promise<void> {
  const { segment: name, page, pages, cacheScope, signal, onFailure } = request
  const wanted = { segment: name, page }
  const options = { inputs, signal, caching: true, cacheScope, emit: () => undefined, pages, wanted, onFailure }
  const run = createContext(dependencies, plan, options)
  try {
    const segment = [...plan.segments.values()].find((candidate) => candidate.name === name)
    if (!segment) throw changed()
    const item = await itemOf(run, segment, page)
    const cell = await cellOf(run, segment, item)
    for (const { pending } of withJoined(item)) await Promise.all(pending)
    if (cell.type === 'failed') {
      // What failed may be above it: this piece has no other outcome then, and whoever waits for it must see one.
      if (cell.error.code !== 'CANCELLED') await recordOutcome(run, segment, { item, outcome: { error: cell.error.toJSON() } })
      throw cell.error
    }
  } finally {
    await closeContext(run, { stopped: run.signal.aborted })
  }
  throwIfAborted(run.signal)
}

async function itemOf(run: RunContext, { last }: Segment, page: string): Promise<Item> {
  const items = (await allItems(run, last.step.domain, { open: true })) ?? []
  const found = items.find((item) => formatPageId(item.page) === page)
  if (found) return found
  throw new ImageDocError('NOT_FOUND', `The run has no page ${page}.`)
}

async function cellOf(run: RunContext, { last }: Segment, item: Item): Promise<Cell> {
  const { step } = last
  if (!expands(step.operation)) return resultOf(run, step, item)
  return (await item.base?.()) ?? { type: 'failed', error: new ImageDocError('INTERNAL', 'An expansion has no items.') }
}

function changed(cause?: ImageDocError): ImageDocError {
  const why = cause?.message ?? 'Its plan has no such piece.'
  const message = `This process has other plugins, versions or engines than the one that planned the run. ${why}`
  return new ImageDocError('ENGINE_CHANGED', message, { cause })
}
