import { distinctPages, type PageId, pageKey } from '../artifact/page-id.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import type { PageRef } from '../operation/operation.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { RunContext } from './context.ts'
import { createItem, type Giver, type Item } from './item.ts'
import type { Missing } from './made.ts'
import { tooManyPages } from './make-list.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { tellHandedOn, tellPages } from './tell.ts'

/** A page that a step may hand on. */
export interface ArrangedPage extends Giver {
  readonly page: PageId
}

/**
 * The pages of a step that arranges them: each keeps its identity and is whatever it is in the sequence that it comes from, made when it is asked for.
 * @throws what the operation throws; OPERATION_CONTRACT, TOO_MANY_PAGES
 */
export function arrangedItems(
  run: RunContext,
  step: CompiledStep,
  { given, cellOf }: { given: ReadonlyMap<string, readonly ArrangedPage[]>; cellOf(giver: Giver): Promise<Cell> },
): Item[] {
  const pages = Object.fromEntries([...given].map(([port, own]) => [port, own.map(({ page }) => page)]))
  const refs: readonly PageRef[] = step.operation.arrange?.({ pages, params: step.own.params }) ?? []
  if (refs.length > run.limits.pages) throw tooManyPages(refs.length, { limit: run.limits.pages, index: step.index })
  const chosen = refs.map((ref) => given.get(ref.of)?.[ref.index] ?? noSuchPage(step, ref))
  const names = distinctPages(chosen.map(({ page }) => page))
  tellPages(run, step, chosen.length)
  return chosen.map(({ from, item }, index) => {
    const page = names[index] as PageId
    const make = async (): Promise<Cell> => {
      const cell = await cellOf({ from, item })
      if (cell.type !== 'done') return cell
      tellHandedOn(run, step, page)
      return { type: 'done', value: named(cell.value, page) }
    }
    const { missing } = item
    return createItem({ domain: step.domain, parent: run.root, index, total: chosen.length, page, make, missing, handedOn: { from, item } })
  })
}

/** With the place in the pipeline: an operation knows only the names of its parameters. */
export function arrangeError(thrown: unknown, { index, operation }: CompiledStep): ImageDocError {
  const error = toImageDocError(thrown, 'OPERATION_FAILED', `"${operation.name}" failed`)
  if (error.path?.startsWith('steps[')) return error
  const path = `steps[${index}]${error.path === undefined ? '' : `.with.${error.path}`}`
  return new ImageDocError(error.code, error.message, { path, cause: error })
}

/** The first page that is not there: what was to be arranged is not known. */
export function missingAmong(given: readonly ArrangedPage[]): Missing | undefined {
  return given.find(({ item }) => item.missing)?.item.missing ?? undefined
}

function named(artifact: RunArtifact, page: PageId): RunArtifact {
  const { origin } = artifact
  return pageKey(origin.page) === pageKey(page) ? artifact : { ...artifact, origin: { ...origin, page } }
}

function noSuchPage({ operation, plugin }: CompiledStep, { of, index }: PageRef): never {
  const message = `The operation "${operation.name}" of "${plugin.name}" arranges page ${index} of "${of}", which is not there. Report it to the plugin's author.`
  throw new ImageDocError('OPERATION_CONTRACT', message)
}
