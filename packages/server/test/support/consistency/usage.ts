import { isPurging } from '../../../src/records/trash.ts'
import type { Everything } from './everything.ts'

/** What is counted of a user is what her collections hold; after a crash it may be more, until the sweep has counted anew. */
export function usageProblems({ usage, collections, documents }: Everything, { crashed }: { crashed: boolean }): string[] {
  const owners = new Set(collections.map(({ user_id }) => user_id))
  return [...owners].flatMap((owner) => {
    const own = new Set(collections.filter(({ user_id }) => user_id === owner).map(({ _id }) => _id))
    const held = documents.filter(({ collection_id }) => own.has(collection_id))
    // Between its first and last write a purge gives back what the document took.
    if (held.some(isPurging)) return []
    const bytes = held.reduce((sum, { original, version_bytes = 0 }) => sum + original.size + version_bytes, 0)
    const counted = usage.find(({ _id }) => _id === owner) ?? { bytes: 0, documents: 0 }
    const right = crashed
      ? counted.bytes >= bytes && counted.documents >= held.length
      : counted.bytes === bytes && counted.documents === held.length
    if (right) return []
    return [`user ${owner} holds ${held.length} documents of ${bytes} bytes; counted are ${counted.documents} of ${counted.bytes}`]
  })
}
