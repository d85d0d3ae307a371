/** The id of every step of an unchecked pipeline, as core gives them: one that is not written is `use`, then `use-2`, … */
export function stepIds(definition: unknown): string[] {
  const { steps, inputs } = (definition ?? {}) as { steps?: unknown; inputs?: unknown }
  if (!Array.isArray(steps)) return []
  const fields = steps.map((step) => (step ?? {}) as { id?: unknown; use?: unknown })
  const taken = new Set(['input', ...Object.keys(typeof inputs === 'object' && inputs !== null ? inputs : {})])
  for (const { id } of fields) if (typeof id === 'string') taken.add(id)
  return fields.map(({ id, use }) => {
    if (typeof id === 'string') return id
    const base = String(use)
    let free = base
    for (let count = 2; taken.has(free); count++) free = `${base}-${count}`
    taken.add(free)
    return free
  })
}
