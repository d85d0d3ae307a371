import type { z } from 'zod'
import { ImageDocError, type Json } from '../errors/error.ts'

/** One thing that is wrong with a pipeline. */
export interface Problem {
  /** JSON path, for example `steps[2].with.angle`. */
  path: string
  severity: 'error' | 'warning'
  /** What is wrong. */
  message: string
  /** What to write instead. */
  remedy: string
}

/** `steps[2].with.angle`; names that are no identifiers are quoted: `outputs["pages.pdf"]`. */
export function jsonPath(segments: readonly PropertyKey[]): string {
  let path = ''
  for (const segment of segments) {
    if (typeof segment === 'number') path += `[${segment}]`
    else if (/^[A-Za-z_$][\w$]*$/.test(String(segment))) path += path ? `.${String(segment)}` : String(segment)
    else path += `[${JSON.stringify(String(segment))}]`
  }
  return path || '(the whole definition)'
}

/** A zod issue as problems, one for each unknown key. `explainKey` suggests what an unknown key was meant to be. */
export function problemsOf(issue: z.core.$ZodIssue, base: readonly PropertyKey[], explainKey: (key: string) => string): Problem[] {
  const at = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: jsonPath([...at, key]),
      severity: 'error',
      message: `"${key}" is not known here.`,
      remedy: explainKey(key).trim() || 'Remove it.',
    }))
  }
  // A refused name of a member (an output, an input) says what is wrong with it one level further down.
  if (issue.code === 'invalid_key') return issue.issues.flatMap((inner) => problemsOf({ ...inner, path: [] }, at, explainKey))
  const message = isMissing(issue) ? 'It is required, and missing.' : sentence(issue.message)
  return [{ path: jsonPath(at), severity: 'error', message, remedy: remedyOf(issue) }]
}

/** zod has no code of its own for a member that is not there. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union')
    return issue.errors.length > 0 && issue.errors.every(([first]) => first !== undefined && isMissing(first))
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

function remedyOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    const values = issue.values.map((value) => JSON.stringify(value))
    return values.length === 1 ? `Write ${values[0]}.` : `Write one of: ${values.join(', ')}.`
  }
  if (issue.code === 'too_big') return `Write at most ${String(issue.maximum)}.`
  if (issue.code === 'too_small') return `Write at least ${String(issue.minimum)}.`
  if (issue.code === 'invalid_type') return `Write ${issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`}.`
  if (issue.code === 'invalid_union') return unionRemedy(issue)
  return 'Change it as the message says.'
}

function unionRemedy(issue: z.core.$ZodIssueInvalidUnion): string {
  const forms = issue.errors.flat().map((inner) => (inner.code === 'invalid_type' ? withArticle(inner.expected) : inner.message))
  return forms.length > 0 ? `Write one of: ${[...new Set(forms)].join('; ')}.` : 'Write one of the forms that are allowed.'
}

/** `a string`, `an array`. */
function withArticle(noun: string): string {
  return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** `INVALID_PIPELINE` with every problem in its message and in its details. */
export function invalidPipeline(problems: readonly Problem[]): ImageDocError {
  const errors = problems.filter((problem) => problem.severity === 'error')
  const lines = errors.map((problem) => `  ${problem.path}: ${problem.message} ${problem.remedy}`)
  const [first] = errors
  return new ImageDocError(
    'INVALID_PIPELINE',
    `The pipeline has ${errors.length === 1 ? 'a problem' : `${errors.length} problems`}:\n${lines.join('\n')}`,
    { details: { problems: problems.map((problem) => ({ ...problem })) as Json }, ...(first ? { path: first.path } : {}) },
  )
}
