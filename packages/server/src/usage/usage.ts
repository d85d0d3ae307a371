import { ImageDocError, isImageDocError, type Table } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import type { Tables } from '../records/tables.ts'
import type { Quota, Usage } from '../records/user.ts'

/** What users' collections hold, held against their quotas. */
export interface UsageLedger {
  /** Adds to what a user's collections hold. @throws QUOTA_EXCEEDED, and then nothing is added */
  reserve(userId: string, amount: Quota): Promise<void>
  /** Takes away again; never below nothing. */
  release(userId: string, amount: Quota): Promise<void>
  /** What was reserved for one user is held by another by now: theirs to pay, whatever their quota is. */
  handOver(from: string, to: string, amount: Quota): Promise<void>
  read(userId: string): Promise<Quota>
}

export function createUsageLedger({ users, usage }: Pick<Tables, 'users' | 'usage'>, now: () => Date): UsageLedger {
  const add = async (userId: string, amount: Quota): Promise<void> => {
    const quota = (await users.get(userId))?.quota ?? { bytes: 0, documents: 0 }
    await ensureRow(usage, userId, now())
    const changed = await changeRow(usage, userId, (row) => {
      const sum = { bytes: row.bytes + amount.bytes, documents: row.documents + amount.documents }
      return sum.bytes > quota.bytes || sum.documents > quota.documents ? undefined : sum
    })
    if (!changed) throw await exceeded(quota, await usage.get(userId))
  }
  const change = (userId: string, { bytes, documents }: Quota) =>
    changeRow(usage, userId, (row) => ({ bytes: Math.max(0, row.bytes + bytes), documents: Math.max(0, row.documents + documents) }))
  const release: UsageLedger['release'] = async (userId, { bytes, documents }) =>
    void (await change(userId, { bytes: -bytes, documents: -documents }))
  return {
    reserve: add,
    release,
    async handOver(from, to, amount) {
      await ensureRow(usage, to, now())
      await change(to, amount)
      await release(from, amount)
    },
    async read(userId) {
      const { bytes = 0, documents = 0 } = (await usage.get(userId)) ?? {}
      return { bytes, documents }
    },
  }
}

async function ensureRow(usage: Table<Usage>, userId: string, now: Date): Promise<void> {
  if (await usage.get(userId)) return
  await usage.insert({ _id: userId, revision: 0, created_at: now, bytes: 0, documents: 0, counted_at: now }).catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'ALREADY_EXISTS') throw error
  })
}

async function exceeded(quota: Quota, used: Quota | undefined): Promise<ImageDocError> {
  const { bytes = 0, documents = 0 } = used ?? {}
  const message = `The owner's quota is used up: ${documents} of ${quota.documents} documents, ${bytes} of ${quota.bytes} bytes. Purge documents, or ask a manager for a larger quota.`
  return new ImageDocError('QUOTA_EXCEEDED', message, { details: { quota: { ...quota }, used: { bytes, documents } } })
}
