import { type ExplainedVariant, type Explanation, formatPageId } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { arrangeWork } from '../batch/work.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { acceptsFor, documentKinds } from '../inputs/accepted-files.ts'
import { findInputs } from '../inputs/find-inputs.ts'
import { furtherInputs } from '../inputs/further-inputs.ts'
import { passedOverNotes } from '../inputs/passed-over.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { readPipeline, usesOf } from '../pipeline/read-pipeline.ts'
import { printableName } from '../report/printable.ts'
import { write, writeJson } from '../report/streams.ts'
import { textTable } from '../report/text-table.ts'

/** `imagedoc explain`. */
export async function explain({ values, positionals }: Parsed<'explain'>): Promise<number> {
  const [pipelinePath = '', ...inputs] = positionals
  const written = await readPipeline(pipelinePath)
  await using imagedoc = await openImageDoc({ ...values, withoutCache: values['no-cache'], uses: usesOf(written) })
  const pipeline = loadPipeline(imagedoc, written, values.set)
  const further = await furtherInputs(values.input ?? [], pipeline)
  const found = await findInputs(inputs, { accepts: acceptsFor(documentKinds(imagedoc, pipeline)) })
  const works = arrangeWork(found, { output: '.', gather: values.gather ?? false, further })
  const explanations: ({ input: string } & Explanation)[] = []
  for (const { input, sources } of works) explanations.push({ input, ...(await imagedoc.explain(pipeline, sources)) })
  if (values.json) writeJson({ inputs: explanations })
  else {
    const texts = explanations.map((explanation) => explanationText(explanation).join('\n'))
    write([...texts, ...passedOverNotes(found.passedOver)].join('\n\n'))
  }
  return 0
}

const SHORT_KEY = 12

/** The explanation of one input as a table. */
export function explanationText({ input, steps, limits, problems }: { input: string } & Explanation): string[] {
  const header = ['step', 'operation', 'takes', 'gives', 'pages', 'engine', 'cache', 'key', 'runs']
  const rows = steps.map((step) => [
    step.id,
    step.use === step.id ? '' : step.use,
    step.input,
    step.output,
    String(step.pages),
    step.engine ?? '',
    step.cache,
    shortKey(step.key),
    step.runner,
  ])
  const reasons = steps.filter((step) => step.why).map((step) => `  ${step.id}: ${step.engine ?? 'no engine'}, ${step.why}`)
  return [
    printableName(input),
    ...textTable([header, ...rows]).map((line) => `  ${line}`),
    ...(reasons.length > 0 ? ['engines', ...reasons] : []),
    ...steps.flatMap(perPageText),
    limitsText(limits),
    ...problems.map(({ severity, path, message, remedy }) => `${severity}: ${path}: ${message} ${remedy}`),
  ]
}

/** What a step would do otherwise on some pages. */
function perPageText({ id, perPage = [] }: Explanation['steps'][number]): string[] {
  return perPage.map(({ pages, skip, params, engine, why }) => {
    const how = skip ? 'passed on' : [JSON.stringify(params), ...(why === null ? [] : [`${engine ?? 'no engine'}, ${why}`])].join('; ')
    return `${id} on ${whichPages(pages)}: ${how}`
  })
}

/** More pages than these are counted. */
const NAMED_PAGES = 5

function whichPages(pages: ExplainedVariant['pages']): string {
  if (pages === 'unknown') return 'pages that perPage names'
  return pages.length > NAMED_PAGES ? `${pages.length} pages` : pages.map((page) => formatPageId(page)).join(', ')
}

function limitsText({ stepMs, runMs }: Explanation['limits']): string {
  const whole = runMs === null ? 'the whole run as long as it takes' : `the whole run ${runMs / 3_600_000} h of work`
  return `limits: a step ${stepMs / 1000} s on a page, ${whole}`
}

/** Enough of a key to tell it from the others. */
function shortKey(key: string | null): string {
  return key === null || key === '' ? 'unknown' : key.replace(/^sha256:/, '').slice(0, SHORT_KEY)
}
