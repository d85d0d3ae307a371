import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type AnyOperation, type ImageDoc, mediaTypeOfName, type PipelineDefinition, SNIFF_BYTES, sniff, typeInWords } from '@imagedoc/core'
import type { Accepts } from './find-inputs.ts'
import { unreadable } from './look-at.ts'

/** The kinds that a pipeline takes; found out when a folder asks, since describing all operations takes some milliseconds. */
export type AcceptedKinds = () => ReadonlySet<string>

/**
 * Tells which files of a folder are meant: those of the kinds that the pipeline takes. The content decides; a damaged file is
 * meant too when its name says so, so that it is reported and not passed over.
 */
export function acceptsFor(kinds: AcceptedKinds): Accepts {
  return async (path) => {
    const type = mediaTypeOfName(basename(path))
    if (type !== undefined && kinds().has(kindOf(type))) return true
    const head = await headOf(path)
    if ('why' in head) return head
    const found = sniff(head.bytes)
    return found && kinds().has(found.kind) ? true : { why: whyNot(head.bytes, found, kinds()) }
  }
}

function whyNot(head: Uint8Array, found: ReturnType<typeof sniff>, kinds: ReadonlySet<string>): string {
  if (head.length === 0) return 'is empty'
  const { what, remedy } = typeInWords(found?.mediaType)
  if (remedy !== undefined) return `is ${what}: ${remedy.charAt(0).toLowerCase()}${remedy.slice(1, -1)}`
  if (found?.kind === 'pdf' && kinds.has('image')) return NEEDS_PAGES
  if (kinds.size === 0) return 'is read by no step of the pipeline'
  return `is ${noneOf([...kinds].sort())}, but ${found === undefined ? what : inWords(found.kind)}`
}

/** No page of it would be worked on, and that is easily overlooked among the images of a folder. */
const NEEDS_PAGES = 'is a PDF, and the pipeline takes images: begin it with the step { "use": "document.pages" }'

const words: Readonly<Record<string, string>> = {
  image: 'an image',
  pdf: 'a PDF',
  text: 'text',
  layout: 'a layout',
  data: 'data (JSON)',
}

const inWords = (kind: string): string => words[kind] ?? kind

/** `neither an image nor a PDF`, `not text`. */
function noneOf(kinds: readonly string[]): string {
  return kinds.length === 1 ? `not ${inWords(kinds[0] ?? '')}` : `neither ${kinds.map(inWords).join(' nor ')}`
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

async function headOf(path: string): Promise<{ bytes: Uint8Array } | { why: string }> {
  try {
    await using handle = await open(path)
    const { bytesRead, buffer } = await handle.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return { bytes: buffer.subarray(0, bytesRead) }
  } catch (error) {
    return { why: unreadable(error as NodeJS.ErrnoException) }
  }
}
