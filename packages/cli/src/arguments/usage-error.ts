/** A command line that makes no sense. Not an ImageDocError, because loading core would make a slip of the finger slow. */
export class UsageError extends Error {
  /** Where help is. */
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.name = 'UsageError'
    this.hint = hint
  }
}
