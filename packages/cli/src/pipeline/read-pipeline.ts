import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { ImageDocError, type PipelineDefinition } from '@imagedoc/core'

/**
 * A pipeline file as it is written, not yet checked; `-` is standard input.
 * @throws NOT_FOUND when there is no such file; INVALID_PIPELINE when it is no JSON
 */
export async function readPipeline(path: string): Promise<unknown> {
  const json =
    path === '-'
      ? await text(process.stdin)
      : await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => Promise.reject(unreadable(path, error)))
  try {
    // A byte order mark is what some editors begin a file with.
    return JSON.parse(json.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ImageDocError('INVALID_PIPELINE', `The pipeline ${nameOf(path)} is not JSON: ${reason}.`)
  }
}

/** The operations that an unchecked pipeline names; undefined when that cannot be said. */
export function usesOf(definition: unknown): string[] | undefined {
  const steps = (definition as Partial<PipelineDefinition> | null)?.steps
  if (!Array.isArray(steps)) return undefined
  const uses = steps.map((step) => (step as { use?: unknown } | null)?.use)
  return uses.every((use) => typeof use === 'string') ? uses : undefined
}

function nameOf(path: string): string {
  return path === '-' ? 'on standard input' : path
}

function unreadable(path: string, error: NodeJS.ErrnoException): ImageDocError {
  const reasons: Record<string, string> = { ENOENT: 'it does not exist', EISDIR: 'it is a folder', EACCES: 'permission is denied' }
  return new ImageDocError(
    'NOT_FOUND',
    `The pipeline ${path} could not be read: ${reasons[error.code ?? ''] ?? error.code ?? 'unknown reason'}.`,
    { cause: error },
  )
}
