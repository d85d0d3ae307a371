import type { PageId } from '../artifact/page-id.ts'
import type { ImageDocError } from '../errors/error.ts'

/** A step that failed on one page, whatever its `onError` makes of that: for logs and terminals, since the stack names files of the machine. */
export interface StepFailure {
  readonly step: string
  /** The operation's name. */
  readonly use: string
  /** What brought the operation. */
  readonly plugin: { readonly name: string; readonly version: string }
  readonly page: PageId
  /** With the stack of what was thrown, here or in a thread or child: {@link traceOf} gives it with the causes. */
  readonly error: ImageDocError
}
