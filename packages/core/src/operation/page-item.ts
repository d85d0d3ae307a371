import type { OriginalSize } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Matrix } from '../artifact/matrix.ts'

/** What one item of an expansion says beside its value. */
export interface PageItemExtra {
  /** From the item to the expansion's input. Left out: the grid is the same. `null`: no such map. */
  matrix?: Matrix | null
  /** Of the page in the expansion's input that the matrix leads to. Left out: it is not known. */
  size?: OriginalSize
  diagnostics?: readonly Diagnostic[]
  /**
   * The bytes were made for whoever asked and are held by nobody else, the sequence included: they are moved to where they are wanted instead of
   * copied, and given back at once when they are not wanted. @default false
   */
  movable?: boolean
}

const extras = new WeakMap<object, PageItemExtra>()

/**
 * Gives one item of an expansion its own matrix and diagnostics, which `run`'s result cannot: it speaks for all items. The value stays what it is.
 * @example sequenceOf(pages, async (index) => pageItem(await render(index), { matrix: scaling(72 / 300, 72 / 300) }))
 */
export function pageItem<Value extends object>(value: Value, extra: PageItemExtra): Value {
  extras.set(value, extra)
  return value
}

/** What {@link pageItem} said of a value; empty when it said nothing. */
export function pageItemExtra(value: unknown): PageItemExtra {
  return (typeof value === 'object' && value !== null ? extras.get(value) : undefined) ?? {}
}
