import { errorCodes, type Problem } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { formsIn } from '../pipeline/load-pipeline.ts'
import { readPipeline, usesOf } from '../pipeline/read-pipeline.ts'
import { setParameters } from '../pipeline/set-parameters.ts'
import { count } from '../report/failure-list.ts'
import { write, writeError, writeJson } from '../report/streams.ts'

/** `imagedoc validate`: all problems of all pipelines, errors and warnings. */
export async function validate({ values, positionals }: Parsed<'validate'>): Promise<number> {
  const pipelines = await Promise.all(positionals.map(async (path) => ({ path, written: await readPipeline(path) })))
  const uses = pipelines.map(({ written }) => usesOf(written))
  await using imagedoc = await openImageDoc({
    ...values,
    withoutCache: true,
    uses: uses.every((list) => list !== undefined) ? uses.flat() : undefined,
  })
  const checked = pipelines.map(({ path, written }) => {
    const problems = imagedoc.problems(setParameters(written, values.set ?? [], formsIn(imagedoc)))
    return { pipeline: path, valid: problems.every((problem) => problem.severity !== 'error'), problems }
  })
  if (values.json) writeJson({ pipelines: checked })
  else for (const { pipeline, problems } of checked) report(pipeline, problems)
  return checked.every(({ valid }) => valid) ? 0 : errorCodes.INVALID_PIPELINE.exit
}

function report(pipeline: string, problems: readonly Problem[]): void {
  const errors = problems.filter((problem) => problem.severity === 'error')
  const lines = problems.map(
    ({ severity, path, message, remedy }) => `  ${severity === 'error' ? 'error  ' : 'warning'}  ${path}: ${message} ${remedy}`,
  )
  if (errors.length === 0) write([`${pipeline} is valid.`, ...lines].join('\n'))
  else writeError([`${pipeline} has ${count(errors.length, 'problem')}:`, ...lines].join('\n'))
}
