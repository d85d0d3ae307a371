import type { Services } from '../services.ts'
import type { SweepOptions } from './options.ts'

const DAY_MS = 86_400_000

/** What lies where blobs are and never became one, because its writer was killed. */
export interface Leftovers {
  /** Removes, or only counts, what was begun before then. Gives how many. @throws STORE_FAILED */
  sweep(olderThan: Date, options: { readonly dryRun: boolean; readonly signal: AbortSignal }): Promise<number>
}

/** Halves of blobs that nobody has written to for a day, where the blob store does not see them itself. */
export async function sweepLeftovers(
  { leftovers, now }: { readonly leftovers: Leftovers | undefined } & Pick<Services, 'now'>,
  signal: AbortSignal,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  return (await leftovers?.sweep(new Date(now().getTime() - DAY_MS), { dryRun, signal })) ?? 0
}
