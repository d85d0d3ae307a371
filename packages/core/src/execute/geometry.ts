import { compose, identity, invert, type Matrix } from '../artifact/matrix.ts'
import { formatPageId } from '../artifact/page-id.ts'
import { seesGeometry } from '../operation/operation.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import { groundOf } from './ground.ts'
import { inputCell } from './inputs-of-run.ts'
import { allItems, itemFor } from './items.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'

/** What is placed on what: an artifact; undefined for a hole. */
type Placed = Pick<RunArtifact, 'origin'> | undefined

/**
 * How the inputs of a step lie on its first one, by port and item, for an operation that asks; undefined for others, and where there is one input alone.
 * `placed` has a list for each port that is not open, of one artifact where the port takes one.
 */
export function geometryOf(step: CompiledStep, placed: Readonly<Record<string, readonly Placed[]>>): InputGeometry | undefined {
  const [first, ...others] = step.bindings.map(({ port }) => port)
  if (!seesGeometry(step.operation) || first === undefined || others.length === 0) return undefined
  const grounds = placed[first] ?? []
  const at = (list: readonly Placed[], index: number): Placed => (list.length === 1 ? list[0] : list[index])
  return Object.fromEntries(
    others.map((port) => {
      const list = placed[port] ?? []
      const count = Math.max(list.length, grounds.length)
      return [port, Array.from({ length: count }, (_, index) => relation(at(list, index), at(grounds, index)))]
    }),
  )
}

/** From one artifact's coordinates to another's, by the original that both come from; null where they share none, or where no map leads to it. */
function relation(from: Placed, to: Placed): Matrix | null {
  if (!from || !to) return null
  if (from === to) return identity
  const isOnePage = from.origin.source === to.origin.source && from.origin.page.page === to.origin.page.page
  const back = isOnePage && to.origin.matrix && invert(to.origin.matrix)
  const map = back ? compose(back, from.origin.matrix) : null
  return map && rounded(map)
}

/** Digits that count: in what order matrices were multiplied must not show in a key. */
const DIGITS = 9
/** Smaller is nothing: a millionth of a pixel at the far end of a page of 100,000. */
const NOTHING = 1e-11

function rounded(matrix: Matrix): Matrix {
  const [scale] = matrix.slice(8)
  return matrix.map((value) => {
    const share = value / (scale || 1)
    return Math.abs(share) < NOTHING ? 0 : Number(share.toPrecision(DIGITS))
  }) as unknown as Matrix
}

/**
 * The same of what the expected key starts from: together with the keys of the steps in between it says how the inputs will lie on each other.
 * Undefined while the pages are not known; `null` for a step that does not ask.
 */
export async function expectedGeometry(scope: RunScope, step: CompiledStep, item: Item): Promise<InputGeometry | null | undefined> {
  if (!seesGeometry(step.operation) || step.bindings.length < 2) return null
  const placed: Record<string, Placed[]> = {}
  let order: string[] | undefined
  for (const binding of step.bindings) {
    const items = binding.spec.many
      ? await allItems(scope, binding.from.domain, { open: false })
      : [itemFor(scope, binding.from.domain, item)]
    const byPage = new Map(items?.map((at) => [at && formatPageId(at.page), at]))
    if (!items || items.includes(undefined)) return undefined
    // As they will be joined: by page, in the order of the first sequence.
    order ??= items.length > 1 ? items.map((at) => formatPageId((at as Item).page)) : undefined
    const sorted = items.length > 1 ? (order ?? []).map((page) => byPage.get(page)) : items
    const bases = await Promise.all(sorted.map((at) => at && baseOf(scope, binding, at)))
    if (bases.includes(undefined)) return undefined
    placed[binding.port] = bases
  }
  return geometryOf(step, placed)
}

async function baseOf(scope: RunScope, { from }: Binding, item: Item): Promise<Placed> {
  if (from.type === 'step' && !expands(from.operation)) return (await groundOf(scope, from, item)).base
  const cell: Cell | undefined = await (from.type === 'input' && from.domain.parent === null ? inputCell(scope, from) : item.base?.())
  return cell?.type === 'done' ? cell.artifact : undefined
}
