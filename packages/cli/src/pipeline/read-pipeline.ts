import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { ImageDocError, type PipelineDefinition, SNIFF_BYTES, sniff } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'

/**
 * A pipeline file as it is written, not yet checked; `-` is standard input.
 * @throws NOT_FOUND when there is no such file; INVALID_PIPELINE when it is no JSON
 */
export async function readPipeline(path: string): Promise<unknown> {
  const bytes =
    path === '-' ? await buffer(process.stdin) : await readFile(path).catch(async (error) => Promise.reject(await unreadable(path, error)))
  refuseDocument(path, bytes)
  try {
    // A byte order mark is what some editors begin a file with.
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
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

/** Whoever takes the order of the arguments for the other way round. @throws INVALID_PIPELINE */
function refuseDocument(path: string, bytes: Uint8Array): void {
  const found = sniff(bytes.subarray(0, SNIFF_BYTES))
  if (found?.kind !== 'image' && found?.kind !== 'pdf') return
  const what = found.kind === 'pdf' ? 'a PDF' : 'an image'
  throw new ImageDocError('INVALID_PIPELINE', `The pipeline ${nameOf(path)} is ${what}, not JSON: the pipeline comes before the inputs.`)
}

async function unreadable(path: string, error: NodeJS.ErrnoException): Promise<ImageDocError> {
  const reasons: Record<string, string> = {
    ENOENT: 'it does not exist',
    EISDIR: 'it is a folder; name a JSON file',
    EACCES: 'permission is denied',
  }
  const names = error.code === 'ENOENT' ? await readdir(dirname(path)).catch(() => []) : []
  return new ImageDocError(
    'NOT_FOUND',
    `The pipeline ${path} could not be read: ${reasons[error.code ?? ''] ?? error.code ?? 'unknown reason'}.${suggest(basename(path), names)}`,
    { cause: error },
  )
}
