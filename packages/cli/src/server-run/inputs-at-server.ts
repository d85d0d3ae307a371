import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import { type Accepts, findInputs } from '../inputs/find-inputs.ts'
import type { PassedOver } from '../inputs/passed-over.ts'
import type { Client } from '../server/connect.ts'
import { isId } from '../server/is-id.ts'

export type ServerDocument = Awaited<ReturnType<Client['documents']['get']>>

/** What an argument stands for: a document that is there, or a file to be uploaded. */
export type Found = { readonly input: string; readonly path: string } | { readonly input: string; readonly document: ServerDocument }

export interface FindOptions {
  readonly accepts: Accepts
  /** Folder of the outputs: no inputs come from there. */
  readonly output: string | undefined
  readonly signal: AbortSignal
}

export interface FoundAtServer {
  readonly found: readonly Found[]
  readonly passedOver: readonly PassedOver[]
}

/**
 * What is here is a file, a folder or a pattern, as for a run on this machine; else an id is that of a document. Each once, in the order given.
 * @throws INPUT_MISSING, NOT_FOUND
 */
export async function findAtServer(
  client: Client,
  args: readonly string[],
  { accepts, output, signal }: FindOptions,
): Promise<FoundAtServer> {
  const found = new Map<string, Found>()
  const passedOver: PassedOver[] = []
  for (const argument of args) {
    if (await isDocument(argument)) {
      found.set(argument, { input: argument, document: await documentAt(client, argument, signal) })
      continue
    }
    const outside = output === undefined ? undefined : resolve(output)
    const local = await findInputs([argument], { accepts, outside }).catch(neitherNor)
    passedOver.push(...local.passedOver)
    for (const { path, shown } of local.files) if (!found.has(path)) found.set(path, { input: shown, path })
  }
  return { found: [...found.values()], passedOver }
}

async function isDocument(argument: string): Promise<boolean> {
  return isId(argument) && (await stat(argument).catch(() => undefined)) === undefined
}

async function documentAt(client: Client, id: string, signal: AbortSignal): Promise<ServerDocument> {
  const document = await client.documents.get({ id }, { signal }).catch((error: unknown) => {
    if (isImageDocError(error) && error.code === 'NOT_FOUND')
      throw new ImageDocError('NOT_FOUND', `You see no document ${id} there.`, { cause: error })
    throw error
  })
  if (document.deleted_at === null) return document
  throw new ImageDocError('NOT_FOUND', `The document ${id} is in the trash: restore it first.`)
}

function neitherNor(error: unknown): never {
  if (!isImageDocError(error) || error.code !== 'INPUT_MISSING') throw error
  throw new ImageDocError('INPUT_MISSING', `${error.message} Documents of the server are named by their ids, which have 24 digits.`, {
    cause: error,
  })
}

/** The arguments of `--input` by name. @throws USAGE, INPUT_MISSING */
export function assignedInputs(assignments: readonly string[], declared: readonly string[]): Map<string, string> {
  const assigned = new Map<string, string>()
  for (const assignment of assignments) {
    const [name = '', ...rest] = assignment.split('=')
    const value = rest.join('=')
    if (name === '' || value === '') throw new ImageDocError('USAGE', `--input "${assignment}" is not understood; write NAME=DOCUMENT.`)
    if (!declared.includes(name))
      throw new ImageDocError('USAGE', `--input ${name}: the pipeline declares no such input.${suggest(name, declared)}`)
    if (assigned.has(name)) throw new ImageDocError('USAGE', `--input ${name}: on a server an input is one document.`)
    assigned.set(name, value)
  }
  const missing = declared.filter((name) => !assigned.has(name))
  if (missing.length === 0) return assigned
  throw new ImageDocError(
    'INPUT_MISSING',
    `The pipeline also needs ${missing.join(', ')}; give ${missing.map((name) => `--input ${name}=DOCUMENT`).join(' ')}.`,
  )
}
