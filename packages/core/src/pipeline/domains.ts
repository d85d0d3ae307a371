import type { Binding, CompiledInput, CompiledStep, Domain } from './compiled.ts'
import { jsonPath, type Problem } from './problem.ts'

/** The domains of one pipeline, as they are opened. */
export interface Domains {
  readonly root: Domain
  readonly all: Domain[]
  open(parent: Domain, openedBy: Domain['openedBy']): Domain
}

export function createDomains(): Domains {
  const root: Domain = { index: 0, parent: null, openedBy: null, depth: 0, hasPages: false, isArranged: false }
  const all = [root]
  return {
    root,
    all,
    open(parent, openedBy) {
      const domain = { index: all.length, parent, openedBy, ...pagesOf(parent, openedBy) }
      all.push(domain)
      return domain
    },
  }
}

/** What is known of a new domain's pages. Arranging pages expands none: they are as deep as they were. */
function pagesOf(parent: Domain, openedBy: Domain['openedBy']): Pick<Domain, 'depth' | 'hasPages' | 'isArranged'> {
  const step = openedBy && 'step' in openedBy ? openedBy.step : undefined
  if (!step?.operation.arrange)
    return { depth: parent.depth + 1, hasPages: step !== undefined || parent.hasPages, isArranged: parent.isArranged }
  const given = step.bindings.map(({ from }) => from.domain)
  return { depth: Math.max(1, ...given.map(({ depth }) => depth)), hasPages: given.some(({ hasPages }) => hasPages), isArranged: true }
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
  const other = sequences.find((binding) => binding.from.domain.depth !== first.from.domain.depth)
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

/** True when the step's result is a sequence for each artifact it is given. */
export function expands(operation: CompiledStep['operation']): boolean {
  return operation.output.many
}

/** The id of a step or the name of an input. */
export function nameOf(from: CompiledStep | CompiledInput): string {
  return from.type === 'step' ? from.id : from.name
}
