import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type AnyOperation, type ImageDoc, mediaTypeOfName, type PipelineDefinition, SNIFF_BYTES, sniff } from '@imagedoc/core'

/** The kinds that a pipeline takes; found out when a folder asks, since describing all operations takes some milliseconds. */
export type AcceptedKinds = () => ReadonlySet<string>

/**
 * Tells which files of a folder are meant: those of the kinds that the pipeline takes. The content decides; a damaged file is
 * meant too when its name says so, so that it is reported and not passed over.
 */
export function acceptsFor(kinds: AcceptedKinds): (path: string) => Promise<boolean> {
  return async (path) => {
    const type = mediaTypeOfName(basename(path))
    if (type !== undefined && kinds().has(kindOf(type))) return true
    const found = sniff(await headOf(path))
    return found !== undefined && kinds().has(found.kind)
  }
}

/** The kinds that the steps take which read the document itself. */
export function documentKinds(imagedoc: Pick<ImageDoc<AnyOperation>, 'operations'>, pipeline: PipelineDefinition): AcceptedKinds {
  let kinds: ReadonlySet<string> | undefined
  return () => {
    kinds ??= new Set(kindsTaken(imagedoc, pipeline))
    return kinds
  }
}

function kindsTaken(imagedoc: Pick<ImageDoc<AnyOperation>, 'operations'>, { steps }: PipelineDefinition): string[] {
  const operations = new Map(imagedoc.operations().map((operation) => [operation.name, operation]))
  return steps.flatMap(({ use, from }, index) => {
    const ports = operations.get(use)?.inputs ?? []
    const taken = ports.filter(({ name }, position) => {
      const source = typeof from === 'object' ? from[name] : position === 0 ? (from ?? (index === 0 ? 'input' : undefined)) : undefined
      return source === 'input'
    })
    return taken.flatMap((port) => port.kinds)
  })
}

function kindOf(mediaType: string): string {
  if (mediaType.startsWith('image/')) return 'image'
  if (mediaType.startsWith('text/')) return 'text'
  return mediaType === 'application/pdf' ? 'pdf' : 'data'
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path).catch(() => undefined)
  if (!handle) return new Uint8Array()
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
