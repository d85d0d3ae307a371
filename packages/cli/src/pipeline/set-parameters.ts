import { ImageDocError, type Json, type PerPageEntry } from '@imagedoc/core'
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
 * @param assignments `STEP.PARAM=VALUE`; ids may contain dots: the longest that fits is meant. VALUE is JSON, else plain text. On some pages:
 * `STEP[PAGES].PARAM=VALUE` or `STEP[PAGES]=skip`, which wins over what the pipeline says of these pages.
 * @throws USAGE when one is not of this form or names no step
 */
export function setParameters(definition: unknown, assignments: readonly string[], formOf: FormOf = () => undefined): unknown {
  if (assignments.length === 0) return definition
  const changed = structuredClone(definition) as { steps?: WrittenStep[] }
  const ids = stepIds(changed)
  for (const assignment of assignments) {
    const { id, pages, param, value } = readAssignment(assignment, ids)
    const step = changed.steps?.[ids.indexOf(id)]
    if (!step) continue
    const given = param === undefined ? undefined : { [param]: readValue(value, formOf(step.use ?? '', param)) }
    if (pages === undefined) step.with = { ...step.with, ...given }
    // One that is no list is the check's to refuse.
    else if (step.perPage === undefined || Array.isArray(step.perPage)) step.perPage = withPages(step.perPage ?? [], pages, given)
  }
  return changed
}

interface WrittenStep {
  use?: string
  with?: Record<string, Json>
  perPage?: PerPageEntry[]
}

/** The entries with one more; parameters of the same pages join the last one. Without parameters the pages are skipped. */
function withPages(entries: PerPageEntry[], pages: string, given: Record<string, Json> | undefined): PerPageEntry[] {
  const last = entries.at(-1)
  if (given === undefined) return [...entries, { pages, skip: true }]
  if (last?.pages === pages && last.with) return entries.with(-1, { pages, with: { ...last.with, ...given } })
  return [...entries, { pages, with: given }]
}

interface Assignment {
  readonly id: string
  readonly pages: string | undefined
  /** Undefined: the pages are skipped. */
  readonly param: string | undefined
  readonly value: string
}

function readAssignment(assignment: string, ids: readonly string[]): Assignment {
  const byPage = /^([^=[]+)\[([^\]]*)\](?:\.([^=]+))?=(.*)$/s.exec(assignment)
  return byPage ? readByPage(assignment, byPage, ids) : readForAll(assignment, ids)
}

function readByPage(assignment: string, [, id = '', pages = '', param, value = '']: RegExpExecArray, ids: readonly string[]): Assignment {
  if (param === undefined && value !== 'skip') {
    const message = 'write STEP[PAGES].PARAM=VALUE or STEP[PAGES]=skip, for example --set "image.rotate[2-5].angle=90"'
    throw new ImageDocError('USAGE', `--set "${assignment}" is not understood; ${message}.`)
  }
  if (!ids.includes(id)) throw unknownStep(`${id}[${pages}]`, id, ids)
  return { id, pages, param, value }
}

function unknownStep(key: string, named: string, ids: readonly string[]): ImageDocError {
  const remedy = suggest(named, ids) || ` Its steps: ${ids.join(', ')}.`
  return new ImageDocError('USAGE', `--set ${key}: the pipeline has no step "${named}".${remedy}`)
}

function readForAll(assignment: string, ids: readonly string[]): Assignment {
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
  if (id === undefined) throw unknownStep(key, key.slice(0, key.lastIndexOf('.')), ids)
  return { id, pages: undefined, param: key.slice(id.length + 1), value: assignment.slice(equals + 1) }
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
