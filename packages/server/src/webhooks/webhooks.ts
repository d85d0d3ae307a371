/** What is sent when a run has ended. The row of the run says what is due, so a restart loses none. */
export interface Webhooks {
  /** Something is due that was not before: whoever waits looks at once. */
  wake(): void
  /** Resolves at the next `wake`, or with the signal; at once when there was one since the last time. */
  awake(signal: AbortSignal): Promise<void>
  /** Sends what is due, until nothing is; gives when the next one will be, or null. @throws STORE_UNAVAILABLE */
  deliverDue(signal: AbortSignal): Promise<Date | null>
}
