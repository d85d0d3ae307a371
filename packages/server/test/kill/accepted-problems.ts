import { digestOf } from '@imagedoc/core'
import { everyRow } from '../../src/records/every-row.ts'
import type { Run } from '../../src/records/run.ts'
import { isEnded } from '../../src/runs/claim.ts'
import type { Services } from '../../src/services.ts'
import type { Accepted } from './user-at-work.ts'

/** What is missing of that which the server had said yes to, or is not what it said. */
export async function acceptedProblems(services: Services, accepted: Accepted): Promise<{ rows: Run[]; problems: string[] }> {
  const { tables } = services
  const rows = await Array.fromAsync(everyRow(tables.runs, { index: 'by_state' }))
  return {
    rows,
    problems: [
      ...runProblems(accepted, rows),
      ...(await batchProblems(services, accepted, rows)),
      ...(await originalProblems(services, accepted)),
    ],
  }
}

function runProblems({ runs, ends, purged, documentOf }: Accepted, rows: readonly Run[]): string[] {
  const known = new Map(rows.map((row) => [row._id, row]))
  const problems = rows.flatMap(({ _id, state }) => (isEnded(state) ? [] : [`run ${_id} has not ended: ${state}`]))
  for (const id of runs) {
    const row = known.get(id)
    // A purge takes a document's runs along, and a gathered document's is the run that made it.
    const isPurged = purged.has(documentOf.get(id) ?? '') || purged.has(id)
    if (!row && !isPurged) problems.push(`run ${id} was accepted, and is not there`)
    const told = [...(ends.get(id) ?? [])]
    if (told.length > 1 || (row && told[0] !== undefined && told[0] !== row.state))
      problems.push(`run ${id} was told to be ${told.join(' and ')}, and is ${row?.state}`)
  }
  return problems
}

async function batchProblems({ tables }: Services, { batches }: Accepted, rows: readonly Run[]): Promise<string[]> {
  const problems: string[] = []
  for (const id of batches) {
    const batch = await tables.batches.get(id)
    const own = rows.filter(({ batch_id }) => batch_id === id).length
    if (!batch) problems.push(`batch ${id} was accepted, and is not there`)
    else if (!batch.complete) problems.push(`batch ${id} was not made to its end`)
    else if (batch.runs !== own) problems.push(`batch ${id} says ${batch.runs} runs; it has ${own}`)
  }
  return problems
}

async function originalProblems({ tables }: Services, { documents, uploads, purged }: Accepted): Promise<string[]> {
  const problems: string[] = []
  for (const [id, bytes] of documents) {
    const row = await tables.documents.get(id)
    if (!row && !purged.has(id)) problems.push(`document ${id} was accepted, and is not there`)
    // That the blob is what its digest says was looked at before.
    if (row && row.original.digest !== digestOf(bytes)) problems.push(`document ${id} is not what was uploaded`)
  }
  for (const [id, bytes] of uploads) {
    const row = await tables.uploads.get(id)
    if (row?.original?.digest !== digestOf(bytes)) problems.push(`upload ${id} is not what was sent: ${JSON.stringify(row)}`)
  }
  return problems
}
