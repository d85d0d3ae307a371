import type { z } from 'zod'
import { matchesOf, type PagePlace, type PageSelection, parsePageSelection, possibleMatches } from '../artifact/page-selection.ts'
import type { Json } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { kindsOf, portInWords } from '../operation/port.ts'
import { didYouMean } from '../plugin/suggest.ts'
import type { Binding, PerPage, Variant } from './compiled.ts'
import type { PerPageEntry, StepDefinition } from './definition.ts'
import { jsonPath, type Problem, problemsOf } from './problem.ts'

interface StepParts {
  readonly step: StepDefinition
  readonly index: number
  readonly operation: AnyOperation
  readonly bindings: readonly Binding[]
  /** The step's own parameters, parsed; undefined when they are wrong. */
  readonly params: Record<string, unknown> | undefined
}

/** Checks `perPage` and gives what the step does on the pages of each set of entries; null without any. */
export function compilePerPage(parts: StepParts, problems: Problem[]): PerPage | null {
  const { step, index, operation, bindings } = parts
  const { perPage: entries = [] } = step
  if (entries.length === 0) return null
  const path = ['steps', index, 'perPage']
  if (bindings.some(({ spec }) => spec.many)) {
    const message = `${step.use} takes a whole sequence, so it has no parameters of single pages.`
    problems.push({ path: jsonPath(path), severity: 'error', message, remedy: 'Remove it, or write it at a step that takes one page.' })
    return null
  }
  const skipping = entries.findIndex(({ skip }) => skip)
  if (skipping >= 0 && !canPass(operation, bindings)) {
    const message = `"skip" hands the input on, but ${turnsInto(step.use, operation, bindings)}.`
    problems.push({ path: jsonPath([...path, skipping, 'skip']), severity: 'error', message, remedy: 'Remove this entry.' })
    return null
  }
  const selections = entries.map(({ pages }) => parsePageSelection(pages))
  const variants = variantsOf(parts, { entries, selections }, problems)
  return variants ? { selections, variants } : null
}

/**
 * A step as it is on one page, for a pipeline that is run on that page alone: with the parameters that it has there, or passing on whatever it is
 * given. The step's `perPage` must be right.
 */
export function stepForPage({ perPage = [], ...step }: StepDefinition, page: PagePlace): StepDefinition {
  const selections = perPage.map(({ pages }) => parsePageSelection(pages))
  const indices = matchesOf(selections, page)
  if (indices.length === 0) return step
  const merged = mergeEntries(step.with ?? {}, perPage, indices)
  return merged.skip ? { ...step, perPage: [{ pages: '1-', skip: true }] } : { ...step, with: { ...merged.with } }
}

/** Whether what a step is given can stand in the place of its result. */
export function canPass({ output }: AnyOperation, [first]: readonly Binding[]): boolean {
  const gives = kindsOf(output)
  return first !== undefined && first.spec.many === output.many && kindsOf(first.spec).every((kind) => gives.includes(kind))
}

/** For people: `text.read turns image into text`. */
export function turnsInto(use: string, { output }: AnyOperation, [first]: readonly Binding[]): string {
  return `${use} turns ${first ? portInWords(first.spec) : 'its input'} into ${portInWords(output)}`
}

function variantsOf(
  parts: StepParts,
  { entries, selections }: { entries: readonly PerPageEntry[]; selections: readonly PageSelection[] },
  problems: Problem[],
): Map<string, Variant> | undefined {
  const { step } = parts
  const matches = possibleMatches(selections)
  if (!matches) {
    const message = 'Its entries can meet in too many ways.'
    const remedy = 'Name the pages by numbers alone, or by ids alone, and each page once.'
    problems.push({ path: jsonPath(['steps', parts.index, 'perPage']), severity: 'error', message, remedy })
    return undefined
  }
  const found: Problem[] = []
  const byContent = new Map<string, Variant>()
  const variants = new Map<string, Variant>()
  for (const indices of matches) {
    if (indices.length === 0) continue
    const merged = mergeEntries(step.with ?? {}, entries, indices)
    const content = merged.skip ? 'skip' : JSON.stringify(Object.entries(merged.with).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    const variant = byContent.get(content) ?? readVariant(parts, merged, found)
    byContent.set(content, variant)
    variants.set(indices.join(), variant)
  }
  // Entries that meet in several ways are wrong in each of them.
  const told = new Set<string>()
  for (const problem of found) {
    const name = `${problem.path} ${problem.message}`
    if (!told.has(name)) problems.push(problem)
    told.add(name)
  }
  return variants
}

interface Merged {
  readonly with: Readonly<Record<string, Json>>
  readonly skip: boolean
  /** Which entry each parameter is from; those of the step are in none. */
  readonly from: ReadonlyMap<string, number>
  /** The last of the entries. */
  readonly last: number
}

/** The last entry decides whether the page is skipped; each parameter is that of the last entry which has it. */
function mergeEntries(own: Readonly<Record<string, Json>>, entries: readonly PerPageEntry[], indices: readonly number[]): Merged {
  const last = indices.at(-1) as number
  const from = new Map<string, number>()
  if (entries[last]?.skip) return { with: own, skip: true, from, last }
  let merged = own
  for (const index of indices) {
    const more = entries[index]?.with ?? {}
    merged = { ...merged, ...more }
    for (const name of Object.keys(more)) from.set(name, index)
  }
  return { with: merged, skip: false, from, last }
}

function readVariant({ step, index, operation, params }: StepParts, merged: Merged, problems: Problem[]): Variant {
  const { with: written, skip, from, last } = merged
  const variant = { with: written, skip, entry: last, entryOf: from, params: params ?? {} }
  const parsed = skip ? undefined : (operation.params as z.ZodObject).safeParse(written)
  if (!parsed) return variant
  const at = (entry: number): PropertyKey[] => ['steps', index, 'perPage', entry, 'with']
  if (parsed.success) {
    const writes = operation.mediaType?.(parsed.data)
    const type = params && operation.mediaType?.(params)
    if (writes !== type && type !== undefined) {
      const message = `The step writes ${type} on the other pages, and ${writes} here.`
      problems.push({ path: jsonPath(at(last)), severity: 'error', message, remedy: 'Let all pages of a step be files of one type.' })
    }
    return { ...variant, params: parsed.data }
  }
  const names = Object.keys(operation.params.shape)
  const known = names.length > 0 ? `${step.use} takes: ${names.join(', ')}.` : `${step.use} takes no parameters.`
  for (const issue of parsed.error.issues.flatMap(oneByOne)) {
    const name = issue.code === 'unrecognized_keys' ? issue.keys[0] : issue.path[0]
    const entry = from.get(String(name))
    // What the step itself has wrong was reported there.
    if (entry === undefined && params === undefined) continue
    problems.push(...problemsOf(issue, at(entry ?? last), (key) => didYouMean(key, names) || known))
  }
  return variant
}

/** Each unknown parameter may be from another entry. */
function oneByOne(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  return issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue]
}
