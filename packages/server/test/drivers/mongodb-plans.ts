/** What a server says that a query would do. */
export interface Plan {
  /** The indexes that are read. */
  readonly indexes: readonly string[]
  /** Every row of the collection is read. */
  readonly readsAll: boolean
  /** Rows are sorted after they were found. */
  readonly sorts: boolean
}

/** Of an answer to `explain`: MongoDB names stages, servers on PostgreSQL (FerretDB, DocumentDB) the nodes of its plan. */
export function planOf(answer: unknown): Plan {
  const nodes = [...nodesOf(answer)]
  const named = (key: string) => nodes.flatMap((node) => (typeof node[key] === 'string' ? [node[key]] : []))
  const steps = [...named('stage'), ...named('Node Type')]
  return {
    indexes: [...new Set([...named('indexName'), ...named('Index Name')])],
    readsAll: steps.some((step) => step === 'COLLSCAN' || step === 'Seq Scan'),
    sorts: steps.some((step) => step === 'SORT' || step === 'Sort'),
  }
}

/** Plans that were rejected, and what other indexes would have cost, are no part of it. */
const BESIDE = ['rejectedPlans', 'IndexCosts', 'command', 'serverInfo']

function* nodesOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const [key, member] of Object.entries(value)) if (!BESIDE.includes(key)) yield* nodesOf(member)
}
