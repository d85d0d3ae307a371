import { ImageDocError, type Json } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import { stepIds } from './step-ids.ts'

/**
 * What plain words mean for a parameter of an operation: `text`, so that `--set pages.pages=1` is the text "1" and not a number; `texts`, a list of
 * which `--set words.languages=por,lat` gives two.
 */
export type FormOf = (use: string, param: string) => 'text' | 'texts' | undefined

/**
 * A copy of an unchecked pipeline with parameters changed. Whether the operation has such a parameter, and whether the value fits, is the
 * check's to say afterwards, with the path and the remedy.
 * @param assignments `STEP.PARAM=VALUE`; ids may contain dots: the longest that fits is meant. VALUE is JSON, else plain text.
 * @throws USAGE when one is not of this form or names no step
 */
export function setParameters(definition: unknown, assignments: readonly string[], formOf: FormOf = () => undefined): unknown {
  if (assignments.length === 0) return definition
  const changed = structuredClone(definition) as { steps?: { use?: string; with?: Record<string, Json> }[] }
  const ids = stepIds(changed)
  for (const assignment of assignments) {
    const { id, param, value } = readAssignment(assignment, ids)
    const step = changed.steps?.[ids.indexOf(id)]
    if (!step) continue
    step.with = { ...step.with, [param]: readValue(value, formOf(step.use ?? '', param)) }
  }
  return changed
}

function readAssignment(assignment: string, ids: readonly string[]): { id: string; param: string; value: string } {
  const equals = assignment.indexOf('=')
  const key = assignment.slice(0, equals)
  if (equals < 1 || !key.includes('.') || key.endsWith('.')) {
    throw new ImageDocError(
      'USAGE',
      `--set "${assignment}" is not understood; write STEP.PARAM=VALUE, for example --set image.rotate.angle=90.`,
    )
  }
  const fitting = ids.filter((id) => key.startsWith(`${id}.`) && key.length > id.length + 1)
  const [id] = fitting.sort((a, b) => b.length - a.length)
  if (id === undefined) {
    const named = key.slice(0, key.lastIndexOf('.'))
    throw new ImageDocError(
      'USAGE',
      `--set ${key}: the pipeline has no step "${named}".${suggest(named, ids) || ` Its steps: ${ids.join(', ')}.`}`,
    )
  }
  return { id, param: key.slice(id.length + 1), value: assignment.slice(equals + 1) }
}

function readValue(value: string, form: ReturnType<FormOf>): Json {
  if (form === 'text') return plainText(value)
  const json = jsonOrText(value)
  return form === 'texts' && !Array.isArray(json) ? value.split(',').map((each) => plainText(each.trim())) : json
}

function jsonOrText(value: string): Json {
  try {
    return JSON.parse(value) as Json
  } catch {
    return value
  }
}

/** `"1"` in quotes is the text 1 too. */
function plainText(value: string): Json {
  const json = jsonOrText(value)
  return typeof json === 'string' ? json : value
}
