import { isOptional, type Port } from '../operation/port.ts'
import { didYouMean } from '../plugin/suggest.ts'
import { MAIN_INPUT, type PipelineDefinition, type StepDefinition } from './definition.ts'
import { jsonPath, type Problem } from './problem.ts'

/** A step's edges before they are resolved: port name to the id it names. */
export type Links = Readonly<Record<string, { ref: string; path: string }>>

/** The id of every step; one that is not given is `use`, then `use-2`, … Reports ids that stand twice or hide an input. */
export function assignIds(definition: PipelineDefinition, problems: Problem[]): string[] {
  const inputs = new Set<string>([MAIN_INPUT, ...Object.keys(definition.inputs ?? {})])
  const given = new Set<string>()
  const clashes = new Set<number>()
  definition.steps.forEach(({ id }, index) => {
    if (id === undefined) return
    if (inputs.has(id) || given.has(id)) {
      const what = given.has(id) ? 'another step has' : 'an input has'
      const message = `The id "${id}" is taken: ${what} it.`
      problems.push({ path: `steps[${index}].id`, severity: 'error', message, remedy: 'Give every step an id of its own.' })
      clashes.add(index)
    }
    given.add(id)
  })
  const taken = new Set([...inputs, ...given])
  const nextOf = new Map<string, number>()
  return definition.steps.map((step, index) => {
    // A name of its own, so that one clash is one problem and no circle.
    if (step.id !== undefined) return clashes.has(index) ? `${step.id} (steps[${index}])` : step.id
    let id = step.use
    let next = nextOf.get(step.use) ?? 2
    while (taken.has(id)) id = `${step.use}-${next++}`
    nextOf.set(step.use, next)
    taken.add(id)
    return id
  })
}

/** What a step's `from` says, by port. Reports ports that do not exist or are left open, and references to nothing. */
export function linkStep(
  at: { index: number; step: StepDefinition; previous: string; known: ReadonlySet<string> },
  ports: Readonly<Record<string, Port>>,
  problems: Problem[],
): Links {
  const { index, step, previous, known } = at
  const names = Object.keys(ports)
  const [first = 'input'] = names
  const from = step.from ?? previous
  const pairs =
    typeof from === 'string'
      ? [[first, from, jsonPath(['steps', index, 'from'])] as const]
      : Object.entries(from).map(([port, ref]) => [port, ref, jsonPath(['steps', index, 'from', port])] as const)
  const links: Record<string, { ref: string; path: string }> = {}
  for (const [port, ref, path] of pairs) {
    if (!names.includes(port))
      problems.push({
        path,
        severity: 'error',
        message: `${step.use} has no port "${port}".`,
        remedy: `Its ports: ${names.join(', ')}.${didYouMean(port, names)}`,
      })
    else if (!known.has(ref))
      problems.push({
        path,
        severity: 'error',
        message: `There is no step or input "${ref}".`,
        remedy: didYouMean(ref, known).trim() || `Write one of: ${[...known].slice(0, 20).join(', ')}.`,
      })
    else links[port] = { ref, path }
  }
  const needed = Object.entries(ports).flatMap(([name, port]) => (isOptional(port) ? [] : [name]))
  const open = needed.filter((name) => !pairs.some(([port]) => port === name))
  const misnamed = pairs.filter(([port]) => !names.includes(port)).length
  if (open.length > misnamed) {
    const example = names
      .filter((name) => needed.includes(name) || links[name])
      .map((name) => `"${name}": "${links[name]?.ref ?? '<step id>'}"`)
      .join(', ')
    problems.push({
      path: jsonPath(['steps', index, 'from']),
      severity: 'error',
      message: `${step.use} also needs ${open.map((name) => `"${name}"`).join(' and ')}.`,
      remedy: `Write "from": { ${example} }.`,
    })
  }
  return links
}

/** The steps' indices in an order in which each stands behind what it takes. Reports cycles. */
export function topologicalOrder(links: readonly (Links | undefined)[], ids: readonly string[], problems: Problem[]): number[] {
  const indexOf = new Map(ids.map((id, index) => [id, index]))
  const state = new Uint8Array(ids.length)
  const order: number[] = []
  const visit = (start: number): void => {
    // An explicit stack: a list of 10,000 steps is a chain as deep.
    const stack: { index: number; refs: number[] }[] = [{ index: start, refs: referred(links[start], indexOf) }]
    state[start] = 1
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.refs.pop()
      if (next === undefined) {
        state[top.index] = 2
        order.push(top.index)
        stack.pop()
      } else if (state[next] === 1) {
        const names = stack.slice(stack.findIndex((frame) => frame.index === next)).map((frame) => `"${ids[frame.index]}"`)
        problems.push({
          path: `steps[${top.index}].from`,
          severity: 'error',
          message: `The steps take each other's results in a circle: ${names.join(', ')}.`,
          remedy: 'Let one of them take something else.',
        })
      } else if (state[next] === 0) {
        state[next] = 1
        stack.push({ index: next, refs: referred(links[next], indexOf) })
      }
    }
  }
  for (let index = 0; index < ids.length; index++) if (state[index] === 0) visit(index)
  return order
}

function referred(links: Links | undefined, indexOf: ReadonlyMap<string, number>): number[] {
  return Object.values(links ?? {}).flatMap(({ ref }) => indexOf.get(ref) ?? [])
}
