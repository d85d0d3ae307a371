import { randomInt } from 'node:crypto'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'
import { removeUpload } from './claim.ts'

type Needs = Pick<Services, 'now' | 'tables' | 'uploads'>

/** So long after its end an upload still holds its blob: a document may have been begun of it at the last moment. */
const GRACE_MS = 3_600_000

/** What one call looks at, of each. */
const MAX_ROWS = 200
const MAX_FILES = 1000

/**
 * Removes uploads that have expired, and files that no upload needs: left by a server that ended in the middle. Gives how many uploads it removed.
 * A call does a bounded amount of work; what is left over is for the next ones.
 */
export async function sweepUploads(services: Needs): Promise<number> {
  const { tables, now } = services
  const { rows } = await tables.uploads.list({
    index: 'by_expiry',
    range: { from: new Date(0), below: new Date(now().getTime() - GRACE_MS) },
    limit: MAX_ROWS,
  })
  for (const { _id } of rows) await removeUpload(services, _id)
  return rows.length + (await sweepFiles(services))
}

/** The row comes before the file, so a file without one is of no use; and so is the file of an upload that is in the blob store. */
async function sweepFiles({ tables, uploads }: Needs): Promise<number> {
  let removed = 0
  for (const id of someOf(await uploads.ids())) {
    const upload = await tables.uploads.get(id)
    if (upload && !upload.original) continue
    await uploads.delete(id)
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
