import { raiseLimit } from '../artifact/limits.ts'
import { isDiskFull } from '../errors/disk-full.ts'
import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { SegmentStep } from '../ports/step-runner.ts'

/**
 * The path of an error in the pipeline. An operation knows only its own parameters, so it may write `with.left` or `left`;
 * a path that begins at the pipeline's top is kept.
 */
export function joinPath(step: string, inner: string | undefined): string {
  if (inner === undefined || inner === '') return step
  if (inner.startsWith('steps[') || inner.startsWith('outputs') || inner.startsWith('inputs')) return inner
  return inner === 'with' || /^with[.[]/.test(inner) ? `${step}.${inner}` : `${step}.with${inner.startsWith('[') ? '' : '.'}${inner}`
}

/** An error as a runner rejects with it: ours with the step's path, anything else as OPERATION_FAILED. */
export function stepError(error: unknown, step: SegmentStep): ImageDocError {
  if (!isImageDocError(error)) {
    if (isDiskFull(error)) {
      const message = `"${step.use}" could not write its temporary files: the disk is full. Make room on it, then try again.`
      return new ImageDocError('STORE_FULL', message, { path: step.path, cause: error })
    }
    return new ImageDocError('OPERATION_FAILED', `"${step.use}" failed: ${reasonOf(error)}`, { path: step.path, cause: error })
  }
  const path = joinPath(step.path, error.path)
  if (path === error.path) return error
  return new ImageDocError(error.code, error.message, { path, details: error.details, retryable: error.retryable, cause: error })
}

/** Foreign messages may name files of this machine, which no user of a server should read. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.replaceAll(/(file:\/\/)?(\/[\w.@+-]+){2,}/g, '…').slice(0, 300) || 'no reason was given.'
}

/** Milliseconds are what a definition says, so a message repeats them. */
export function timeoutError(step: SegmentStep): ImageDocError {
  return new ImageDocError(
    'STEP_TIMEOUT',
    `"${step.use}" took longer than ${step.timeoutMs} ms on one page. Give it a smaller page, write a longer "timeoutMs" into the step, or, where it has none, ${raiseLimit('timeoutMs')}.`,
    { path: step.path },
  )
}
