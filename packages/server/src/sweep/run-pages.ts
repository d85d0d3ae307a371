import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import { isEnded } from '../runs/claim.ts'
import { dropPages } from '../runs/held-pages.ts'
import { removeUnpublished } from '../runs/publish.ts'
import type { Services } from '../services.ts'
import type { SweepOptions } from './options.ts'

/** What is there of runs that have ended, or went with their document: whoever was to let go of it was interrupted. */
export async function sweepRunPages(
  services: Pick<Services, 'blobs' | 'lock' | 'now' | 'tables'>,
  signal: AbortSignal,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  let swept = 0
  for await (const run_id of runsWithRows(services)) {
    if (signal.aborted) break
    const run = await services.tables.runs.get(run_id)
    if (run && !isEnded(run.state)) continue
    swept++
    if (dryRun) continue
    await removeUnpublished(services, run_id)
    await dropPages(services, run_id)
  }
  return swept
}

/** Each run once. */
async function* runsWithRows({ tables: { runPages, begunPages } }: Pick<Services, 'tables'>): AsyncGenerator<Id, void, undefined> {
  const seen = new Set<Id>()
  for (const rows of [everyRow(runPages, { index: 'by_run' }), everyRow(begunPages, { index: 'by_run' })])
    for await (const { run_id } of rows) {
      if (seen.has(run_id)) continue
      seen.add(run_id)
      yield run_id
    }
}
