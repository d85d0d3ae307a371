import { ImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { acceptsFor, documentKinds } from '../inputs/accepted-files.ts'
import { passedOverNotes } from '../inputs/passed-over.ts'
import type { Client } from '../server/connect.ts'
import type { FoundCollection } from '../server/find-collection.ts'
import { type Found, findAtServer } from './inputs-at-server.ts'
import type { Catalogue, ServerPipeline } from './pipeline-at-server.ts'
import { type Uploaded, uploadInputs } from './upload-inputs.ts'

export interface Tools {
  readonly client: Client
  readonly server: string
  readonly values: Parsed<'run'>['values']
  readonly jobs: number
  readonly signal: AbortSignal
}

export interface Wanted {
  readonly inputs: readonly string[]
  /** The pipeline's other inputs by name. */
  readonly further: ReadonlyMap<string, string>
  readonly collection: FoundCollection | undefined
  readonly pipeline: ServerPipeline
  readonly catalogue: Catalogue
}

export interface Brought {
  readonly documents: Uploaded[]
  readonly further: Record<string, { document_id: string }>
  /** Paths of what was uploaded. */
  readonly files: string[]
  readonly notes: string[]
}

/** The documents of the arguments, and of the further inputs; files are uploaded. @throws when a further input cannot be had: every run would need it */
export async function bringInputs(tools: Tools, { inputs, further, collection, pipeline, catalogue }: Wanted): Promise<Brought> {
  const { client, server, jobs, values, signal } = tools
  const kinds = documentKinds(catalogue, pipeline.definition)
  const options = { accepts: acceptsFor(kinds), output: values.output, signal }
  const { found, passedOver } = await findAtServer(client, inputs, options)
  const beside: Found[] = []
  for (const [name, argument] of further) beside.push(onlyOne(name, (await findAtServer(client, [argument], options)).found))
  const brought = await uploadInputs(client, [...beside, ...found], { server, collection, jobs, values, signal })
  return {
    documents: brought.slice(beside.length),
    further: Object.fromEntries([...further.keys()].map((name, index) => [name, { document_id: idOf(name, brought[index]) }])),
    files: brought.flatMap(({ path }) => path ?? []),
    notes: passedOverNotes(passedOver),
  }
}

function onlyOne(name: string, found: readonly Found[]): Found {
  const [first, ...others] = found
  if (first && others.length === 0) return first
  throw new ImageDocError('USAGE', `--input ${name}: on a server an input is one document.`)
}

function idOf(name: string, brought: Uploaded | undefined): string {
  if (brought?.document) return brought.document.id
  const { code = 'INTERNAL', message = 'It was not uploaded.' } = brought?.failure?.error ?? {}
  throw new ImageDocError(code, `--input ${name}: ${message}`)
}
