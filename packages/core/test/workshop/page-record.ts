import { type BlobStore, formatPageId, ImageDocError, type PageRecord, type PageWork, type RunPages } from '../../src/index.ts'

/** A run's record in memory, as a server keeps it in its database: bytes by digest in the blob store. */
export interface PageRecordKept extends RunPages {
  /** By page and segment. */
  readonly records: Map<string, PageRecord>
  /** Steps that asked for their turn, once for each page. */
  readonly turns: string[]
  /** Steps whose work was found. */
  readonly found: string[]
  /** Refuses to write these. */
  refuse: (work: PageWork) => boolean
}

export function createPageRecord(blobs: BlobStore, records = new Map<string, PageRecord>()): PageRecordKept {
  const keyOf = ({ page, segment }: PageWork): string => `${formatPageId(page)} ${segment}`
  const turns: string[] = []
  const found: string[] = []
  const kept: PageRecordKept = {
    items: false,
    records,
    turns,
    found,
    refuse: () => false,
    async find(work) {
      const record = records.get(keyOf(work))
      if (record) found.push(work.step)
      return record
    },
    peek: async (work) => records.get(keyOf(work)),
    turn({ step, network }, compute) {
      if (!network) turns.push(step)
      return compute()
    },
    async record(work, record, read) {
      if (kept.refuse(work)) throw new ImageDocError('STORE_UNAVAILABLE', 'The record could not be written.')
      if ('done' in record.outcome) {
        const { inline: _, ...done } = record.outcome.done
        const { descriptor } = done
        await blobs.put('objects', await read(), { mediaType: descriptor.mediaType, expect: descriptor.digest })
        // Nothing inline: it must be found by its digest.
        records.set(keyOf(work), structuredClone({ ...record, outcome: { ...record.outcome, done } }))
      } else records.set(keyOf(work), structuredClone(record))
    },
  }
  return kept
}
