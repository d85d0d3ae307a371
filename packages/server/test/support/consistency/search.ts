import { byId, type Everything } from './everything.ts'

/** What is searched is there. */
export function searchProblems({ searchRows, searchedDocuments, documents }: Everything): string[] {
  const known = byId(documents)
  const marks = byId(searchedDocuments)
  return [
    ...searchedDocuments.flatMap(({ _id }) => (known.has(_id) ? [] : [`document ${_id} is searched, and is not there`])),
    ...searchRows.flatMap(({ _id, document_id }) => [
      ...(known.has(document_id) ? [] : [`search row ${_id} is of document ${document_id}, which is not there`]),
      ...(marks.has(document_id) ? [] : [`search row ${_id} is of document ${document_id}, which is not marked as searched`]),
    ]),
  ]
}
