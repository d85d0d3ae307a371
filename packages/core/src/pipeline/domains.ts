import type { Binding, CompiledInput, CompiledStep, Domain } from './compiled.ts'
import { jsonPath, type Problem } from './problem.ts'

/** The domains of one pipeline, as they are opened. */
export interface Domains {
  readonly root: Domain
  readonly all: Domain[]
  open(parent: Domain, openedBy: Domain['openedBy']): Domain
}

export function createDomains(): Domains {
  const root: Domain = { index: 0, parent: null, openedBy: null }
  const all = [root]
  return {
    root,
    all,
    open(parent, openedBy) {
      const domain = { index: all.length, parent, openedBy }
      all.push(domain)
      return domain
    },
  }
}

/**
 * The domain in which a step runs: that of the sequence it is mapped over. A single artifact joins with every page; `many` ports take a
 * sequence whole. Two sequences on ports that take one are joined by page id, so they must come from expansions of equal depth.
 */
export function domainOfStep(bindings: readonly Binding[], at: { root: Domain; index: number; use: string }, problems: Problem[]): Domain {
  const { root } = at
  const mapped = bindings.filter((binding) => !binding.spec.many)
  const sequences = mapped.filter((binding) => binding.from.domain !== root)
  const gathers = bindings.some((binding) => binding.spec.many)
  const [first] = sequences
  if (first === undefined) return root
  const path = (binding: Binding): string => jsonPath(['steps', at.index, 'from', binding.port])
  if (gathers) {
    problems.push({
      path: path(first),
      severity: 'error',
      message: `"${first.port}" of ${at.use} takes one ${first.spec.kind}, but "${nameOf(first.from)}" gives a sequence.`,
      remedy: 'Give it a result that stands before the pages are taken apart.',
    })
  }
  const other = sequences.find((binding) => depth(binding.from.domain) !== depth(first.from.domain))
  if (other) {
    problems.push({
      path: path(other),
      severity: 'error',
      message: `"${nameOf(first.from)}" and "${nameOf(other.from)}" do not have the same pages: one of them was expanded further.`,
      remedy: 'Join results of the same expansion.',
    })
  }
  return first.from.domain
}

/** How many expansions lie above a domain. Arranging pages expands none: they are as deep as they were. */
export function depth(domain: Domain): number {
  if (domain.parent === null) return 0
  const arranged = arrangedFrom(domain)
  return arranged ? Math.max(1, ...arranged.map(depth)) : depth(domain.parent) + 1
}

/** True when an expansion at the domain or above it has given page numbers. */
export function hasPages(domain: Domain): boolean {
  if (domain.parent === null) return false
  const arranged = arrangedFrom(domain)
  if (arranged) return arranged.some(hasPages)
  return (domain.openedBy !== null && 'step' in domain.openedBy) || hasPages(domain.parent)
}

/** True when a step at the domain or above it has arranged its pages: it may have more or fewer of them than others of the same files. */
export function isArranged(domain: Domain): boolean {
  return domain.parent !== null && (arrangedFrom(domain) !== undefined || isArranged(domain.parent))
}

/** The domains whose pages a step has arranged into this one. */
function arrangedFrom({ openedBy }: Domain): Domain[] | undefined {
  const step = openedBy && 'step' in openedBy ? openedBy.step : undefined
  return step?.operation.arrange && step.bindings.map(({ from }) => from.domain)
}

/** True when the step's result is a sequence for each artifact it is given. */
export function expands(operation: CompiledStep['operation']): boolean {
  return operation.output.many
}

/** The id of a step or the name of an input. */
export function nameOf(from: CompiledStep | CompiledInput): string {
  return from.type === 'step' ? from.id : from.name
}
