import { bytesOf } from '../../../src/documents/version-bytes.ts'
import type { Version } from '../../../src/records/document.ts'
import { isPurging } from '../../../src/records/trash.ts'
import { byId, type Everything, groupBy } from './everything.ts'

const NEWEST = 100

/** Documents are in collections, versions are of documents and made by runs that say so, and the newest are listed. */
export function documentProblems(everything: Everything, { crashed }: { crashed: boolean }): string[] {
  const { collections, documents } = everything
  const versionsOf = groupBy(everything.versions, ({ document_id }) => document_id)
  const known = { documents: byId(documents), collections: byId(collections) }
  const problems: string[] = []
  for (const { _id, collection_id, current_version, deleted_at, text, version_bytes } of documents) {
    if (isPurging({ deleted_at })) continue
    if (!known.collections.has(collection_id)) problems.push(`document ${_id} is in collection ${collection_id}, which is not there`)
    const numbers = (versionsOf.get(_id) ?? []).map(({ number }) => number)
    if (current_version !== 0 && !numbers.includes(current_version))
      problems.push(`document ${_id} shows version ${current_version}; it has: ${numbers.join(', ')}`)
    if (text && text.shown === current_version && text.version !== null && !numbers.includes(text.version))
      problems.push(`document ${_id} is read by version ${text.version}; it has: ${numbers.join(', ')}`)
    const bytes = (versionsOf.get(_id) ?? []).reduce((sum, version) => sum + bytesOf(version), 0)
    // One that is not shown yet, or whose run was lost before it was, is not counted.
    if (version_bytes !== undefined && version_bytes !== bytes && !crashed)
      problems.push(`document ${_id} counts ${version_bytes} bytes of versions, which have ${bytes}`)
    if (new Set(numbers).size < numbers.length) problems.push(`document ${_id} has a version twice: ${numbers.join(', ')}`)
  }
  for (const version of everything.versions) problems.push(...versionProblems(everything, version))
  return [...problems, ...(crashed ? deadProblems(everything) : newestProblems(everything))]
}

function versionProblems({ documents, runs }: Everything, { _id, document_id, number, run_id }: Version): string[] {
  const document = documents.find((row) => row._id === document_id)
  if (!document) return [`version ${_id} is of document ${document_id}, which is not there`]
  if (!Number.isInteger(number) || number < 1) return [`version ${_id} has the number ${number}`]
  // A purge takes the runs first, then the versions.
  if (run_id === null || isPurging(document)) return []
  const run = runs.find((row) => row._id === run_id)
  if (!run) return [`version ${_id} was made by run ${run_id}, which is not there`]
  // Its end is written after the version.
  if (run.state === 'running') return []
  const right = ['done', 'partial'].includes(run.state) && run.result_version === number && run.document_id === document_id
  return right
    ? []
    : [
        `version ${_id}, number ${number}, was made by run ${run_id}, which is ${run.state} with version ${run.result_version} of ${run.document_id}`,
      ]
}

function newestProblems({ collections, documents }: Everything): string[] {
  return collections.flatMap(({ _id, documents: listed }) => {
    const newest = documents
      .filter(({ collection_id, deleted_at }) => collection_id === _id && deleted_at === null)
      .toSorted((a, b) => b.created_at.getTime() - a.created_at.getTime() || (a._id < b._id ? 1 : -1))
      .slice(0, NEWEST)
      .map((row) => row._id)
    return listed.join() === newest.join() ? [] : [`collection ${_id} lists ${listed.join(', ')}; its newest are ${newest.join(', ')}`]
  })
}

/** A list that a crash left behind may be an older one until the next write; what it names is there. */
function deadProblems({ collections, documents }: Everything): string[] {
  const known = byId(documents)
  return collections.flatMap(({ _id, documents: listed }) =>
    listed.filter((id) => !known.has(id)).map((id) => `collection ${_id} lists document ${id}, which is not there`),
  )
}
