import { compose, identity, invert, type Matrix } from '../artifact/matrix.ts'
import { seesGeometry } from '../operation/operation.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import type { RunArtifact } from './run-artifact.ts'

/** What is placed on what: an artifact; undefined for a hole. */
export type Placed = Pick<RunArtifact, 'origin'> | undefined

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
