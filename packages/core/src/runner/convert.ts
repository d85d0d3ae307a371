import { z } from 'zod'
import { encodedInFile } from '../artifact/file-bytes.ts'
import { type AnyKind, type Encoded, PIXELS_MEDIA_TYPE, type Pixels } from '../artifact/kind.ts'
import { ImageDocError, isImageDocError, type Json } from '../errors/error.ts'
import { membersOf, type Port, portInWords } from '../operation/port.ts'
import type { Payload } from '../ports/step-runner.ts'
import { toImage } from './convert-image.ts'
import type { Converted, Edge } from './edge.ts'
import type { LiveValue } from './live-value.ts'

/**
 * Makes of a live value what `port` wants: pixels, a file, its pages, or the value of another kind.
 * @throws WRONG_KIND, CODEC_MISSING, MULTIPLE_PAGES, CORRUPT_INPUT, TOO_MANY_PIXELS, TOO_MANY_PAGES
 */
export async function convert(live: LiveValue, port: Port, edge: Edge): Promise<Converted> {
  const member = memberFor(live, port)
  if (!member) {
    throw new ImageDocError('WRONG_KIND', `"${edge.use}" takes ${portInWords(port)}, but was given ${kindOf(live)}.`)
  }
  // Only images have forms (and codecs), so the form says what to do, not the kind's name.
  const made = !('payload' in live)
  if (member.form !== undefined) return { ...(await toImage(await openImage(live, edge), member, edge)), made }
  return { value: 'payload' in live ? await read(live.payload, edge) : live.value, made }
}

const kindOf = (live: LiveValue): string => ('payload' in live ? live.payload.kind : live.kind.name)

const isRaw = (live: LiveValue): boolean =>
  'payload' in live ? live.payload.mediaType === PIXELS_MEDIA_TYPE : 'data' in (live.value as object)

const mediaTypeOf = (live: LiveValue): string =>
  'payload' in live ? live.payload.mediaType : ((live.value as { mediaType?: string }).mediaType ?? PIXELS_MEDIA_TYPE)

/** Among several members of one kind, the one that needs no conversion; otherwise the first. */
function memberFor(live: LiveValue, port: Port): Port | undefined {
  const members = membersOf(port).filter((member) => member.kind === kindOf(live))
  if (members.length < 2) return members[0]
  const asItIs = isRaw(live)
    ? members.find((member) => member.form === 'pixels')
    : members.find((member) => member.form === 'file' && member.mediaTypes?.includes(mediaTypeOf(live)))
  return asItIs ?? members[0]
}

async function openImage(live: LiveValue, edge: Edge): Promise<Parameters<typeof toImage>[0]> {
  if (!('payload' in live)) {
    const value = live.value as Pixels | { mediaType: string; bytes: Uint8Array; density: number | null }
    return 'data' in value ? { pixels: value } : { file: value, density: value.density, known: true }
  }
  const { payload } = live
  if (payload.mediaType === PIXELS_MEDIA_TYPE) return { pixels: (await read(payload, edge)) as Pixels }
  const file = await open(payload, edge)
  const density = (payload.meta as { density?: number | null } | null)?.density ?? null
  return { file, density, known: payload.meta !== null }
}

/** With bytes that are read when they are needed, where they came as a file. */
async function open(payload: Payload, { signal }: Edge): Promise<Encoded> {
  const file = await payload.file?.(signal)
  return file ? encodedInFile(payload.mediaType, file) : { mediaType: payload.mediaType, bytes: await payload.load(signal) }
}

async function read(payload: Payload, edge: Edge): Promise<unknown> {
  const kind = edge.registry.kinds.get(payload.kind) as AnyKind
  const encoded = await open(payload, edge)
  try {
    return kind.fromBytes(encoded, payload.meta ?? unknownMeta(kind))
  } catch (error) {
    if (isImageDocError(error)) throw error
    // A parser quotes what it could not read, and messages hold no document's text.
    throw new ImageDocError('CORRUPT_INPUT', `The ${payload.kind} could not be read; it is not ${payload.mediaType}, or damaged.`, {
      cause: error,
    })
  }
}

/** Of a file as it came in nothing is known yet: every field is null. */
function unknownMeta(kind: AnyKind): Json {
  const { meta } = kind
  return meta instanceof z.ZodObject ? Object.fromEntries(Object.keys(meta.shape).map((field) => [field, null])) : null
}
