import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'

/** Of which priority, whose turn was last, and what is not to be given. */
export interface Wanted {
  readonly priority: 0 | 1
  readonly after: Id
  isFull(user: Id): boolean
  isDone(id: Id): boolean
  /** Looked at of each user. */
  readonly depth: number
}

/** The oldest of the next user who has one that waits; users come in order of their ids, behind the one who was last, around. */
export async function nextWaiting(
  { tables }: Pick<Services, 'tables'>,
  { priority, after, isFull, isDone, depth }: Wanted,
): Promise<Run | undefined> {
  for (const start of after === '' ? [''] : [after, '']) {
    let user = start
    for (;;) {
      const range = user === '' ? {} : { range: { from: behind(user) } }
      const { rows } = await tables.runs.list({ index: 'by_state', equals: ['queued', priority], ...range, limit: depth })
      const [first] = rows
      if (!first || (start === '' && after !== '' && first.user_id > after)) break
      user = first.user_id
      const run = isFull(user) ? undefined : rows.find(({ _id, user_id }) => user_id === user && !isDone(_id))
      if (run) return run
    }
  }
  return undefined
}

/** Ids are hexadecimal: this comes after one, and before every other. */
const behind = (user: Id): string => `${user}0`
