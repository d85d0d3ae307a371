import type { RowPage } from '@imagedoc/core'
import type { Run } from '../records/run.ts'

/** Read at a time, and as much of them as one answer has: a run may have a definition of 256 KiB, and a thousand steps. */
const ROWS = 10
const BYTES = 2 * 2 ** 20

/** A page of runs that is read in parts; where they are long it has fewer than were asked for. */
export async function boundedPage(
  list: (part: { after: string | undefined; limit: number }) => Promise<RowPage<Run>>,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<RowPage<Run>> {
  const rows: Run[] = []
  let bytes = 0
  let next: string | null | undefined = after
  do {
    const part: RowPage<Run> = await list({ after: next, limit: Math.min(ROWS, limit - rows.length) })
    rows.push(...part.rows)
    bytes += JSON.stringify(part.rows).length
    next = part.next
    if (next === null) break
  } while (rows.length < limit && bytes < BYTES)
  return { rows, next }
}
