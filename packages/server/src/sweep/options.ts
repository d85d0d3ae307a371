/** What brooms take that can also only count. */
export interface SweepOptions {
  /** Count, and remove nothing. @default false */
  readonly dryRun?: boolean
}
