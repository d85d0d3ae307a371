import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Limits } from '../artifact/limits.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { Registry } from '../plugin/registry.ts'

/** What a conversion at a step's edge needs to know of the step. */
export interface Edge {
  readonly registry: Registry
  readonly limits: Limits
  readonly signal: AbortSignal
  /** The operation's name, for messages. */
  readonly use: string
  /** The step's parsed parameters. */
  readonly params?: unknown
  /** True when the operation's output is a sequence: then what is found on one page travels with that page. */
  readonly expands: boolean
  report(diagnostic: Diagnostic): void
}

/** A value as a port wants it. */
export interface Converted {
  readonly value: unknown
  /** From the value to the file that it was decoded from; left out when nothing was decoded. */
  readonly matrix?: Matrix
  /** Found while decoding. */
  readonly properties?: Properties
  /** Of the image's stored grid, where its file was opened as it came in. */
  readonly size?: OriginalSize
  /** The value is a step's result, not an input's bytes. */
  readonly made?: boolean
}
