import { randomInt } from 'node:crypto'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'
import type { SweepOptions } from '../sweep/options.ts'
import { removeUpload } from './claim.ts'

type Needs = Pick<Services, 'now' | 'tables' | 'uploads'>

/** So long after its end an upload still holds its blob: a document may have been begun of it at the last moment. */
const GRACE_MS = 3_600_000

/** What one call looks at, of each. */
const MAX_ROWS = 200
const MAX_FILES = 1000

/** Besides counting alone, whether everything is looked at in one call. */
interface UploadSweepOptions extends SweepOptions {
  /** @default false */
  readonly all?: boolean
}

/**
 * Removes uploads that have expired, and files that no upload needs: left by a server that ended in the middle. Gives how many uploads it removed.
 * A call does a bounded amount of work, unless it is to do `all`; what is left over is for the next ones.
 */
export async function sweepUploads(
  services: Needs,
  signal: AbortSignal = AbortSignal.any([]),
  { dryRun = false, all = false }: UploadSweepOptions = {},
): Promise<number> {
  const { tables, now } = services
  const expired = { index: 'by_expiry', range: { from: new Date(0), below: new Date(now().getTime() - GRACE_MS) } }
  let removed = 0
  for await (const { _id } of everyRow(tables.uploads, expired)) {
    if (signal.aborted || (!all && removed >= MAX_ROWS)) break
    if (!dryRun) await removeUpload(services, _id)
    removed++
  }
  const ids = await services.uploads.ids()
  return removed + (await sweepFiles(services, all ? ids : someOf(ids), { signal, dryRun }))
}

/** The row comes before the file, so a file without one is of no use; and so is the file of an upload that is in the blob store. */
async function sweepFiles(
  { tables, uploads }: Needs,
  ids: readonly Id[],
  { signal, dryRun }: { signal: AbortSignal; dryRun: boolean },
): Promise<number> {
  let removed = 0
  for (const id of ids) {
    if (signal.aborted) break
    const upload = await tables.uploads.get(id)
    if (upload && !upload.original) continue
    if (!dryRun) await uploads.delete(id)
    removed++
  }
  return removed
}

/** From a place that changes, so that in the end every one is looked at. */
function someOf(ids: readonly Id[]): readonly Id[] {
  if (ids.length <= MAX_FILES) return ids
  const start = randomInt(ids.length)
  return [...ids.slice(start), ...ids.slice(0, start)].slice(0, MAX_FILES)
}
