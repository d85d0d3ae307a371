import type { z } from 'zod'
import { didYouMean } from '../plugin/suggest.ts'
import { type PipelineDefinition, pipelineSchema, type StepDefinition, stepSchema } from './definition.ts'
import { jsonPath, type Problem, problemsOf } from './problem.ts'

const pipelineKeys = Object.keys(pipelineSchema.shape)
const stepKeys = Object.keys(stepSchema.shape)

/**
 * Reads an unknown value as a definition. What is wrong goes to `problems`; what is left after dropping it is returned, so that the
 * rest can be checked in the same report. Undefined when there are no steps to look at.
 */
export function readDefinition(value: unknown, problems: Problem[]): PipelineDefinition | undefined {
  if (isDeeperThan(value, MAX_DEPTH)) {
    const message = `It is nested more than ${MAX_DEPTH} levels deep.`
    problems.push({ path: jsonPath([]), severity: 'error', message, remedy: 'No operation takes parameters of this kind: remove them.' })
    return undefined
  }
  problems.push(...prototypeKeys(value, []))
  const parsed = pipelineSchema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) {
    const inStep = issue.path[0] === 'steps' && issue.path.length > 1
    problems.push(...problemsOf(issue, [], (key) => didYouMean(key, inStep ? stepKeys : pipelineKeys)))
  }
  const raw = value as { steps?: unknown; inputs?: unknown; outputs?: unknown } | null
  if (typeof raw !== 'object' || raw === null || !Array.isArray(raw.steps)) return undefined
  const steps = raw.steps.map(salvageStep)
  if (steps.length === 0 || steps.includes(undefined)) return undefined
  const { inputs, outputs } = pipelineSchema.shape
  return {
    version: 1,
    steps: steps as StepDefinition[],
    inputs: salvageMembers(raw.inputs, inputs),
    outputs: salvageMembers(raw.outputs, outputs),
  }
}

/** The members that are right on their own: one wrong name must neither hide what is wrong with the others nor make them unknown. */
function salvageMembers<Members extends object>(value: unknown, schema: z.ZodType<Members | undefined>): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members = Object.entries(value)
  const kept = members.filter(([name, member]) => schema.safeParse({ [name]: member }).success)
  if (kept.length === 0 && members.length > 0) return undefined
  return schema.safeParse(Object.fromEntries(kept)).data
}

/** Whoever walks a definition calls itself for every level: JSON of a few kilobytes can be deeper than the stack. */
const MAX_DEPTH = 100

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** zod leaves `__proto__` out without a word: JSON can hold it as any other name. */
function prototypeKeys(value: unknown, at: readonly PropertyKey[]): Problem[] {
  if (typeof value !== 'object' || value === null) return []
  const found: Problem[] = Object.hasOwn(value, '__proto__')
    ? [{ path: jsonPath([...at, '__proto__']), severity: 'error', message: '"__proto__" is not known here.', remedy: 'Remove it.' }]
    : []
  for (const [key, inner] of Object.entries(value)) found.push(...prototypeKeys(inner, [...at, Array.isArray(value) ? Number(key) : key]))
  return found
}

/** The fields of a step that are right on their own. */
function salvageStep(value: unknown): StepDefinition | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const kept = Object.entries(value).filter(([key, field]) => {
    // "constructor" and its like are members of every object.
    const schema = Object.hasOwn(stepSchema.shape, key) ? stepSchema.shape[key as keyof typeof stepSchema.shape] : undefined
    return schema?.safeParse(field).success ?? false
  })
  const step = Object.fromEntries(kept) as Partial<StepDefinition>
  return typeof step.use === 'string' ? { ...step, use: step.use } : undefined
}

/** Parses a step's parameters; gives them with defaults, or undefined when they are wrong. */
export function readParams(
  step: StepDefinition,
  at: { index: number; schema: z.ZodObject },
  problems: Problem[],
): Record<string, unknown> | undefined {
  const parsed = at.schema.safeParse(step.with ?? {})
  if (parsed.success) return parsed.data
  const names = Object.keys(at.schema.shape)
  const list = names.length > 0 ? `${step.use} takes: ${names.join(', ')}.` : `${step.use} takes no parameters.`
  for (const issue of parsed.error.issues) {
    problems.push(...problemsOf(issue, ['steps', at.index, 'with'], (key) => didYouMean(key, names) || list))
  }
  return undefined
}

/** Reports a step whose operation is not installed. */
export function unknownOperation(step: StepDefinition, index: number, names: Iterable<string>): Problem {
  const known = [...names]
  const group = step.use.split('.')[0]
  const sameGroup = known.filter((name) => name.startsWith(`${group}.`))
  const remedy =
    didYouMean(step.use, known).trim() ||
    (sameGroup.length > 0
      ? `The operations of "${group}": ${sameGroup.join(', ')}.`
      : 'Install the plugin that brings it, and add it to the configuration.')
  return { path: jsonPath(['steps', index, 'use']), severity: 'error', message: `There is no operation "${step.use}".`, remedy }
}
