import type { AnyOperation } from '../operation/operation.ts'
import { kindsOf, membersOf, namedPorts, portInWords } from '../operation/port.ts'
import { type Registry, usableOperations } from '../plugin/registry.ts'
import { didYouMean } from '../plugin/suggest.ts'
import type { Binding, CompiledInput, CompiledPipeline, CompiledStep, Domain } from './compiled.ts'
import { MAIN_INPUT, type PipelineDefinition, type StepDefinition } from './definition.ts'
import { createDomains, type Domains, domainOfStep, expands, nameOf } from './domains.ts'
import { assignIds, type Links, linkStep, topologicalOrder } from './links.ts'
import { compileOutputs } from './outputs.ts'
import { canPass, compilePerPage, turnsInto } from './per-page.ts'
import { invalidPipeline, jsonPath, type Problem } from './problem.ts'
import { readDefinition, readParams, unknownOperation } from './read.ts'

/** What is known of the inputs before they are read: which of them are lists. */
export interface InputShape {
  readonly lists: ReadonlySet<string>
}

/**
 * Checks a definition against the installed plugins and resolves its names.
 * @throws INVALID_PIPELINE with every problem, its JSON path and its remedy.
 */
export function compilePipeline(value: unknown, registry: Registry, shape: InputShape = { lists: new Set() }): CompiledPipeline {
  const problems: Problem[] = []
  const compiled = tryCompile(value, registry, { shape, problems })
  if (compiled === undefined || problems.some((problem) => problem.severity === 'error')) throw invalidPipeline(problems)
  return compiled
}

/** Like {@link compilePipeline}, but gives the problems (errors and warnings) instead of throwing. */
export function findProblems(value: unknown, registry: Registry): Problem[] {
  const problems: Problem[] = []
  tryCompile(value, registry, { shape: { lists: new Set() }, problems })
  return problems
}

interface Workspace {
  readonly registry: Registry
  readonly problems: Problem[]
  readonly domains: Domains
  readonly definition: PipelineDefinition
  readonly ids: readonly string[]
  readonly inputs: ReadonlyMap<string, CompiledInput>
  readonly steps: Map<string, CompiledStep>
}

function tryCompile(
  value: unknown,
  registry: Registry,
  { shape, problems }: { shape: InputShape; problems: Problem[] },
): CompiledPipeline | undefined {
  const definition = readDefinition(value, problems)
  if (!definition) return undefined
  const ids = assignIds(definition, problems)
  const domains = createDomains()
  const inputs = compileInputs(definition, { registry, domains, shape }, problems)
  const known = new Set([...inputs.keys(), ...ids])
  const usable = new Map(usableOperations(registry).map((entry) => [entry.operation.name, entry]))
  const operations = definition.steps.map((step) => usable.get(step.use))
  const links = definition.steps.map((step, index) => {
    const found = operations[index]
    if (!found) {
      problems.push(unknownOperation(step, index, usable.keys()))
      return undefined
    }
    return linkStep({ index, step, previous: ids[index - 1] ?? MAIN_INPUT, known }, namedPorts(found.operation.input), problems)
  })
  const work: Workspace = { registry, problems, domains, definition, ids, inputs, steps: new Map() }
  for (const index of topologicalOrder(links, ids, problems)) compileStep(work, index, links[index])
  const outputs = compileOutputs({ definition, steps: work.steps, root: domains.root, registry, ids }, problems)
  const warnings = problems.filter((problem) => problem.severity === 'warning')
  return {
    definition: { ...definition, steps: definition.steps },
    inputs,
    steps: [...work.steps.values()],
    outputs,
    domains: domains.all,
    warnings,
  }
}

function compileInputs(
  definition: PipelineDefinition,
  { registry, domains, shape }: { registry: Registry; domains: Domains; shape: InputShape },
  problems: Problem[],
): Map<string, CompiledInput> {
  const declared = Object.entries(definition.inputs ?? {})
  const inputs = new Map<string, CompiledInput>()
  for (const [name, kind] of [[MAIN_INPUT, null] as const, ...declared.map(([key, input]) => [key, input.kind] as const)]) {
    const domain: Domain = shape.lists.has(name) ? domains.open(domains.root, { input: name }) : domains.root
    if (kind !== null && !registry.kinds.has(kind)) {
      problems.push({
        path: jsonPath(['inputs', name, 'kind']),
        severity: 'error',
        message: `There is no kind "${kind}".`,
        remedy: didYouMean(kind, registry.kinds.keys()).trim() || `Write one of: ${[...registry.kinds.keys()].join(', ')}.`,
      })
    }
    if (name === MAIN_INPUT && inputs.has(name)) {
      problems.push({
        path: jsonPath(['inputs', name]),
        severity: 'error',
        message: '"input" is the document itself.',
        remedy: 'Choose another name.',
      })
    } else inputs.set(name, { type: 'input', name, kind, domain })
  }
  return inputs
}

function compileStep(work: Workspace, index: number, links: Links | undefined): void {
  const { problems, registry, ids } = work
  const definition = work.definition.steps[index]
  const found = definition && registry.operations.get(definition.use)
  if (!definition || !found || !links) return
  const { operation, plugin } = found
  const params = readParams(definition, { index, schema: operation.params }, problems)
  const bindings = bind(work, operation, links)
  checkSettings(definition, { index, operation, bindings }, problems)
  const runsIn = domainOfStep(bindings, { root: work.domains.root, index, use: definition.use }, problems)
  const id = ids[index] ?? definition.use
  const writes = params && operation.mediaType?.(params)
  const step = {
    type: 'step' as const,
    index,
    id,
    definition,
    operation: operation.arrange ? givingWhatItTakes(operation, bindings) : operation,
    plugin,
    own: { with: definition.with ?? {}, params: params ?? {}, skip: false, entry: undefined, entryOf: new Map() },
    perPage: compilePerPage({ step: definition, index, operation, bindings, params }, problems),
    writes,
    bindings,
    runsIn,
    domain: runsIn,
  }
  if (expands(operation)) step.domain = work.domains.open(runsIn, { step })
  work.steps.set(id, step)
}

/** What arranges pages gives them as they are: of the kinds, and in the forms, that its sources give. */
function givingWhatItTakes(operation: AnyOperation, bindings: readonly Binding[]): AnyOperation {
  const given = bindings.flatMap(({ from, spec }) => {
    if (from.type === 'step') return membersOf(from.operation.output)
    return membersOf(spec).filter(({ kind }) => from.kind === null || from.kind === kind)
  })
  const different = new Map(given.map((member) => [`${member.kind} ${member.form} ${member.mediaTypes}`, { ...member, many: false }]))
  const members = [...different.values()]
  const [first] = members
  return first ? { ...operation, output: { kind: first.kind, many: true, members } } : operation
}

function bind(work: Workspace, operation: AnyOperation, links: Links): Binding[] {
  const bindings: Binding[] = []
  for (const [port, spec] of Object.entries(namedPorts(operation.input))) {
    const link = links[port]
    const from = link && (work.steps.get(link.ref) ?? work.inputs.get(link.ref))
    if (!link || !from) continue
    bindings.push({ port, spec, from })
    const given = from.type === 'step' ? kindsOf(from.operation.output) : from.kind === null ? undefined : [from.kind]
    const taken = kindsOf(spec)
    if (given && !given.some((kind) => taken.includes(kind))) {
      work.problems.push({
        path: link.path,
        severity: 'error',
        message: `${operation.name} takes ${portInWords(spec)}, but "${nameOf(from)}" gives ${given.join(' or ')}.`,
        remedy: `Let it take a result that is ${taken.join(' or ')}, with "from".`,
      })
    }
  }
  return bindings
}

function checkSettings(
  step: StepDefinition,
  at: { index: number; operation: AnyOperation; bindings: readonly Binding[] },
  problems: Problem[],
): void {
  const { index, operation, bindings } = at
  const error = (field: string, message: string, remedy: string): void =>
    void problems.push({ path: `steps[${index}].${field}`, severity: 'error', message, remedy })
  const engines = operation.engines ?? []
  const ids = engines.map((engine) => engine.id)
  if (step.engine !== undefined && step.engine !== 'auto' && !ids.includes(step.engine)) {
    error(
      'engine',
      `${step.use} has no engine "${step.engine}".`,
      ids.length > 0 ? `Its engines: auto, ${ids.join(', ')}.${didYouMean(step.engine, ids)}` : 'It has no engines; remove this.',
    )
  }
  if (step.retries && !engines.some((engine) => engine.network)) {
    error('retries', `${step.use} has no engine on the network, so trying again cannot help.`, 'Remove this.')
  }
  if (step.onError !== 'pass') return
  if (operation.arrange) error('onError', `"pass" hands one input on, but ${step.use} arranges whole sequences.`, 'Write "skip" or "fail".')
  else if (!canPass(operation, bindings))
    error('onError', `"pass" hands the input on, but ${turnsInto(step.use, operation, bindings)}.`, 'Write "skip" or "fail".')
}
