import { extensionOf, mediaTypeOfName } from '../artifact/media-type.ts'
import { kindsOf, membersOf } from '../operation/port.ts'
import type { Registry } from '../plugin/registry.ts'
import { didYouMean } from '../plugin/suggest.ts'
import type { CompiledOutput, CompiledStep, Domain } from './compiled.ts'
import type { PipelineDefinition } from './definition.ts'
import { nameOf } from './domains.ts'
import { jsonPath, type Problem } from './problem.ts'

interface OutputsOf {
  readonly definition: PipelineDefinition
  readonly steps: ReadonlyMap<string, CompiledStep>
  readonly root: Domain
  readonly registry: Registry
  readonly ids: readonly string[]
}

/** The outputs with their steps; reports names that lead nowhere or whose extension does not fit, and warns of steps that none needs. */
export function compileOutputs(pipeline: OutputsOf, problems: Problem[]): CompiledOutput[] {
  const { definition, steps, root, ids } = pipeline
  const outputs: CompiledOutput[] = []
  const written = new Map<string, string>()
  for (const [name, ref] of Object.entries(definition.outputs ?? defaultOutputs(pipeline))) {
    const from = steps.get(ref)
    const path = jsonPath(['outputs', name])
    const same = written.get(name.toLowerCase())
    written.set(name.toLowerCase(), name)
    if (same !== undefined) {
      const message = `"${name}" and "${same}" are one file where names are not told apart by case.`
      problems.push({ path, severity: 'error', message, remedy: 'Give one of them another name.' })
    }
    if (from) {
      outputs.push({ name, from, sequence: from.domain !== root })
      checkExtension({ name, from, path }, pipeline.registry, problems)
    } else if (!ids.includes(ref)) {
      problems.push({
        path,
        severity: 'error',
        message: `There is no step "${ref}".`,
        remedy: didYouMean(ref, ids).trim() || `Write one of: ${ids.slice(0, 20).join(', ')}.`,
      })
    }
  }
  if (definition.outputs && Object.keys(definition.outputs).length === 0) {
    problems.push({
      path: 'outputs',
      severity: 'error',
      message: 'No output is asked for.',
      remedy: 'Name at least one, or leave "outputs" out to get the last step\'s result.',
    })
  }
  // Who is needed is only known when every name leads somewhere.
  const isSure = !problems.some(({ severity, path }) => severity === 'error' && /^outputs|\.(from|id|use)\b/.test(path))
  if (isSure) warnUnused(steps, outputs, problems)
  return outputs
}

function defaultOutputs({ definition, steps, ids, registry }: OutputsOf): Record<string, string> {
  const last = steps.get(ids[definition.steps.length - 1] ?? '')
  if (!last) return {}
  const type = last.writes
  const kind = kindsOf(last.operation.output)[0] ?? ''
  const extension = (type && extensionOf(type)) ?? registry.kinds.get(kind)?.extension ?? 'bin'
  return { [`${last.id}.${extension}`]: last.id }
}

function checkExtension(
  { name, from, path }: { name: string; from: CompiledStep; path: string },
  registry: Registry,
  problems: Problem[],
): void {
  const { output } = from.operation
  const type = mediaTypeOfName(name)
  if (membersOf(output).some((member) => member.kind === 'image' && member.form !== undefined)) {
    const types = registry.codecs.flatMap((codec) => codec.mediaTypes.encode)
    const { writes } = from
    if (type !== undefined && writes !== undefined && writes !== type) {
      const remedy = `End it with .${extensionOf(writes) ?? writes}, or leave the step out: an output is encoded by its ending.`
      problems.push({ path, severity: 'error', message: `"${from.id}" writes ${writes}, which "${name}" does not say.`, remedy })
      return
    }
    if (type !== undefined && types.includes(type)) return
    const extensions = types.map((candidate) => `.${extensionOf(candidate) ?? candidate}`)
    const remedy =
      extensions.length > 0
        ? `Give the name one of these endings: ${extensions.join(', ')}.`
        : 'Install @imagedoc/plugin-image, which encodes images.'
    problems.push({ path, severity: 'error', message: `"${name}" does not say which image format to write.`, remedy })
    return
  }
  const expected = kindsOf(output).map((kind) => registry.kinds.get(kind)?.extension ?? '')
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  if (type !== undefined && !expected.includes(ending)) {
    problems.push({
      path,
      severity: 'error',
      message: `"${name}" would be a ${kindsOf(output).join(' or ')}, which its ending does not say.`,
      remedy: `End it with .${expected.join(' or .')}.`,
    })
  }
}

function warnUnused(steps: ReadonlyMap<string, CompiledStep>, outputs: readonly CompiledOutput[], problems: Problem[]): void {
  const needed = new Set<string>()
  const queue = outputs.map((output) => output.from)
  for (let step = queue.pop(); step; step = queue.pop()) {
    if (needed.has(step.id)) continue
    needed.add(step.id)
    for (const { from } of step.bindings) if (from.type === 'step') queue.push(steps.get(nameOf(from)) ?? from)
  }
  for (const step of steps.values()) {
    if (needed.has(step.id)) continue
    problems.push({
      path: `steps[${step.index}]`,
      severity: 'warning',
      message: `No output needs "${step.id}", so it is not run.`,
      remedy: `Name it in "outputs", or remove it.`,
    })
  }
}
