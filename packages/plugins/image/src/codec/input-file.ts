import { ImageDocError, isImageDocError, type Limits, raiseLimit, SNIFF_BYTES, sniff, typeInWords } from '@imagedoc/core'
import sharp, { type Metadata, type Sharp } from 'sharp'
import type { ByteSource } from './byte-source.ts'

/**
 * The type of a file by its first bytes.
 * @throws EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE with what to do when it is none of `decodable`
 */
export function mediaTypeOf(source: ByteSource, decodable: readonly string[]): string {
  if (source.size === 0) throw new ImageDocError('EMPTY_INPUT', 'The image file is empty; it has no bytes.')
  const mediaType = sniff(source.read(0, SNIFF_BYTES))?.mediaType
  if (mediaType === undefined || !decodable.includes(mediaType)) {
    const { what, remedy = `Convert it to one of: ${decodable.join(', ')}.` } = typeInWords(mediaType)
    throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `By its content the file is ${what}. ${remedy}`, {
      details: { mediaType: mediaType ?? null },
    })
  }
  return mediaType
}

type Input = ByteSource['input']

/** How a file of a type that is read is opened. `failOn` is the least that is an error. @default 'truncated' */
interface At {
  readonly page: number
  readonly limits: Limits
  readonly failOn?: 'none' | 'truncated' | 'error' | 'warning'
}

/** Opens a file of a type that is read. */
export function openFile(input: Input, at: At): Sharp {
  return sharp(input, { page: at.page, limitInputPixels: at.limits.pixels, failOn: at.failOn ?? 'truncated' })
}

/** The header, checked against the limits. @throws CORRUPT_INPUT, TOO_MANY_PIXELS */
export async function readHeader(input: Input, at: At): Promise<Metadata> {
  const { limits } = at
  const header = await openFile(input, at)
    .metadata()
    .catch((error: unknown) => {
      throw fileError(error, { limits, input })
    })
  if (header.width * header.height > limits.pixels) throw tooManyPixels(header, limits)
  return header
}

/** sharp's error as one of ours; the original stays as the cause. */
export function fileError(error: unknown, { limits, input }: { limits: Limits; input: Input }): ImageDocError {
  if (isImageDocError(error)) return error
  const told = error instanceof Error ? error.message : String(error)
  // Messages hold no path of this machine; of bytes in memory libvips says the same word.
  const reason = typeof input === 'string' ? told.replaceAll(input, 'source') : told
  if (/pixel limit/i.test(reason)) {
    return new ImageDocError(
      'TOO_MANY_PIXELS',
      `The image has more than the ${limits.pixels} pixels that the limit allows; scale it down or ${raiseLimit('pixels')}.`,
      { cause: error },
    )
  }
  if (/page number|invalid page|bad page|not contain page/i.test(reason)) {
    return new ImageDocError('NOT_FOUND', 'The image file does not have the page asked for.', { cause: error })
  }
  return new ImageDocError('CORRUPT_INPUT', `The image file is damaged or cut off and cannot be decoded (${firstLine(reason)}).`, {
    cause: error,
  })
}

/** The error for an image of more pixels than the limit allows. */
export function tooManyPixels(size: { width: number; height: number }, limits: Limits): ImageDocError {
  return new ImageDocError(
    'TOO_MANY_PIXELS',
    `The image has ${size.width} x ${size.height} pixels, more than the ${limits.pixels} that the limit allows; scale it down or ${raiseLimit('pixels')}.`,
    { details: { width: size.width, height: size.height, limit: limits.pixels } },
  )
}

const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 160) ?? ''
