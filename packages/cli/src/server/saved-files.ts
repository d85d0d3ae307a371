import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Descriptor, ImageDocError } from '@imagedoc/core'
import type { SavedFile } from '../batch/transfer-summary.ts'
import { documentFileName, folderName } from '../outputs/document-file-name.ts'
import { hasContent } from '../outputs/file-digest.ts'
import { makeFolder } from '../outputs/make-folder.ts'
import { outputFile } from '../outputs/output-files.ts'
import { unwritable } from '../outputs/unwritable.ts'
import type { Client } from './connect.ts'

type ServerDocument = Awaited<ReturnType<Client['documents']['get']>>
type Version = Awaited<ReturnType<Client['documents']['versions']['list']>>['items'][number]

const PAGE = 100

/** One file that a document has at the server. */
export interface ServerFile {
  /** Below the output folder, with `/` between folders. */
  readonly name: string
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>
  /** How the client asks for it. */
  readonly output?: { readonly version: number; readonly name: string; readonly page?: string | undefined }
}

/** Where a file goes. */
export interface Place {
  readonly path: string
  /** As the user would write it. */
  readonly shown: string
}

/** The files of a version of a document; of version 0 its original. @throws NOT_FOUND */
export async function findFiles(
  client: Client,
  { id, title, original }: ServerDocument,
  { version, signal }: { version: number; signal: AbortSignal },
): Promise<ServerFile[]> {
  if (version === 0) return [{ name: documentFileName(title, original.mediaType), descriptor: original }]
  const files = await versionFiles(client, { id, version, signal })
  return files.map((file) => ({ ...file, name: `${folderName(title)}/${file.name}` }))
}

/** The outputs of a version, as files of one folder. @throws NOT_FOUND */
export async function versionFiles(
  client: Client,
  { id, version, signal }: { id: string; version: number; signal: AbortSignal },
): Promise<ServerFile[]> {
  const { outputs } = await findVersion(client, { id, version, signal })
  return outputs.map(({ name, descriptor, page }, index) => ({
    name: numbered(folderName(name), page === undefined ? undefined : pageNumber(outputs, index)),
    descriptor,
    output: { version, name, page },
  }))
}

/** Of an output that is a sequence, counted from 1. */
function pageNumber(outputs: Version['outputs'], index: number): number {
  const { name } = outputs[index] ?? {}
  return outputs.slice(0, index + 1).filter((other) => other.name === name).length
}

/** As `imagedoc run` names the files of a sequence: `page-0001.png`. */
function numbered(name: string, number: number | undefined): string {
  return number === undefined ? name : outputFile(name, number - 1)
}

async function findVersion(
  client: Client,
  { id, version, signal }: { id: string; version: number; signal: AbortSignal },
): Promise<Version> {
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<Client['documents']['versions']['list']>> = await client.documents.versions.list(
      { id, limit: PAGE, ...(after === null ? {} : { after }) },
      { signal },
    )
    const found = page.items.find(({ number }) => number === version)
    if (found) return found
    after = page.next
  } while (after !== null)
  throw new ImageDocError('NOT_FOUND', `The document has no version ${version}.`)
}

export interface Save {
  readonly document: string
  readonly files: readonly (ServerFile & { place: Place })[]
  readonly force: boolean
  readonly signal: AbortSignal
}

/**
 * Saves files whole, or not at all. One that is there with the same bytes is left alone.
 * @throws OUTPUT_EXISTS before anything is downloaded; OUTPUT_UNWRITABLE
 */
export async function saveFiles(client: Client, { document, files, force, signal }: Save): Promise<SavedFile[]> {
  const missing: (typeof files)[number][] = []
  for (const file of files) if (await isMissing(file, force)) missing.push(file)
  for (const { place, output } of missing) {
    await makeFolder(dirname(place.path)).catch((error) => {
      throw unwritable(place.shown, error)
    })
    await client.downloadTo(document, place.path, { output, signal })
  }
  return files.map(({ place, descriptor }) => ({ path: place.shown, digest: descriptor.digest }))
}

async function isMissing({ place, descriptor }: Save['files'][number], force: boolean): Promise<boolean> {
  const found = await stat(place.path).catch(() => undefined)
  if (!found) return true
  if (found.isDirectory()) throw new ImageDocError('OUTPUT_EXISTS', `${place.shown} is a folder: choose another folder with -o.`)
  if (await hasContent(place.path, descriptor)) return false
  if (force) return true
  throw new ImageDocError(
    'OUTPUT_EXISTS',
    `${place.shown} exists already with other content. Write --force to overwrite it, or choose another folder with -o.`,
  )
}
