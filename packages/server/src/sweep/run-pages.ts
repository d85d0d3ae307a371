import { everyRow } from '../records/every-row.ts'
import { isEnded } from '../runs/claim.ts'
import { dropPages } from '../runs/held-pages.ts'
import { removeUnpublished } from '../runs/publish.ts'
import type { Services } from '../services.ts'
import type { SweepOptions } from './options.ts'

/** What runs hold that have ended, or went with their document: whoever was to let go of it was interrupted. */
export async function sweepRunPages(
  services: Pick<Services, 'blobs' | 'lock' | 'now' | 'tables'>,
  signal: AbortSignal,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  let swept = 0
  let last = ''
  for await (const { run_id } of everyRow(services.tables.runPages, { index: 'by_run' })) {
    if (signal.aborted) break
    if (run_id === last) continue
    last = run_id
    const run = await services.tables.runs.get(run_id)
    if (run && !isEnded(run.state)) continue
    swept++
    if (dryRun) continue
    await removeUnpublished(services, run_id)
    await dropPages(services, run_id)
  }
  return swept
}
