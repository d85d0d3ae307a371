import { ImageDocError, type Inputs, type Source } from '@imagedoc/core'
import { storedSource } from '../documents/stored-source.ts'
import { openStored } from '../files/open-stored.ts'
import type { Document, Version } from '../records/document.ts'
import type { Run, RunInput } from '../records/run.ts'
import { fewNames } from '../rpc/bounded-error.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'blobs' | 'tables'>

/** The files that a run reads. @throws NOT_FOUND when a document has gone meanwhile */
export async function openInputs(services: Needs, { inputs }: Pick<Run, 'inputs'>): Promise<Inputs> {
  const opened: Record<string, Source | Source[]> = {}
  for (const [name, given] of Object.entries(inputs)) {
    if (isList(given)) opened[name] = (await Promise.all(given.map((input) => sourcesOf(services, input, name)))).flat()
    else {
      const sources = await sourcesOf(services, given, name)
      opened[name] = sources.length === 1 ? (sources[0] as Source) : sources
    }
  }
  return opened
}

const isList = (given: RunInput | readonly RunInput[]): given is readonly RunInput[] => Array.isArray(given)

/** One source, or one for each page of an output that has several. @throws NOT_FOUND, INVALID_REQUEST */
export async function sourcesOf(services: Needs, input: RunInput, path: string): Promise<Source[]> {
  const document = await services.tables.documents.get(input.document_id)
  if (!document || document.deleted_at !== null)
    throw new ImageDocError('NOT_FOUND', 'A document of this run is not there any more.', { path })
  if (input.version === 0 && input.output !== null)
    throw new ImageDocError(
      'INVALID_REQUEST',
      'Version 0 is the original, which has no outputs: leave the output out, or name a later version.',
      {
        path: `${path}.output`,
      },
    )
  if (input.version === 0) return [storedSource(services, document)]
  const version = await versionOf(services, document, { number: input.version, path })
  const name = input.output ?? onlyOutput(version, path)
  const outputs = version.outputs.filter((output) => output.name === name)
  if (outputs.length === 0)
    throw new ImageDocError('NOT_FOUND', `Version ${version.number} has no output "${name}"; it has: ${fewNames(namesOf(version))}.`, {
      path: `${path}.output`,
    })
  return outputs.map(({ descriptor }) => ({
    name: `${document.title} ${name}`,
    descriptor,
    open: () => openStored(services.blobs, descriptor.digest, {}),
  }))
}

async function versionOf({ tables }: Needs, { _id }: Document, { number, path }: { number: number; path: string }): Promise<Version> {
  const { rows } = await tables.versions.list({ index: 'by_document', equals: [_id, number], limit: 1 })
  if (rows[0]) return rows[0]
  throw new ImageDocError('NOT_FOUND', `The document has no version ${number}.`, { path: `${path}.version` })
}

function onlyOutput(version: Version, path: string): string {
  const names = namesOf(version)
  if (names.length === 1) return names[0] as string
  throw new ImageDocError('INVALID_REQUEST', `Version ${version.number} has several outputs; name one of: ${fewNames(names)}.`, {
    path: `${path}.output`,
  })
}

const namesOf = ({ outputs }: Version): string[] => [...new Set(outputs.map(({ name }) => name))]
