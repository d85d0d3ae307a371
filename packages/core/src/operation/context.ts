import type { Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Pixels } from '../artifact/kind.ts'
import type { Layout } from '../artifact/layout/layout.ts'
import type { Limits } from '../artifact/limits.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { Json } from '../errors/error.ts'
import type { Scale } from '../scale/scale.ts'

/** All that an operation gets beside its input and its parameters. */
export interface Context<Instance = unknown> {
  /** Aborted on cancel and on timeout. */
  readonly signal: AbortSignal
  readonly limits: Limits
  /** A folder of this call's own, removed afterwards. */
  readonly tmp: string
  /** The open engine that the plan chose; undefined for an operation without engines. */
  readonly engine: Instance
  /** The kept properties of the original; empty unless the operation has `traits.properties`. */
  readonly properties: Properties
  /** How much of this page is done, 0 to 1. */
  progress(done: number): void
  report(diagnostic: Diagnostic): void
  /**
   * How large a page is, from the letters on it and the density that it claims; null when neither tells. What depends on a size in inches or on
   * that of letters asks this and never `density`, which is what a file claims. A claim that does not fit is reported as `SCALE_DOUBTFUL`.
   */
  scale(page: Pixels | Layout): Scale | null
  /**
   * From the coordinates of one port's input to those of another's, both as `run` got them: where a word that was read on a page before it was turned
   * lies on the turned one. Of sequences that of the items at `index` (0), which must have been read. For an operation with `traits.geometry`.
   * @throws GRID_MISMATCH when the two are not of one page of one original, or something between them and the original is no map of points;
   * OPERATION_CONTRACT without the trait, for a port that is open, and for an item that was not read
   */
  between(from: string, to: string, index?: number): Matrix
  /** A sub-result, for example one translated segment, kept in the result cache under this operation, its engine and `key`. */
  memo<Value extends Json>(key: Json, compute: () => Promise<Value>): Promise<Value>
}
