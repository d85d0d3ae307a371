/** What a job carries. */
export interface PageJob {
  readonly run_id: string
  readonly page: string
  readonly segment: string
}
