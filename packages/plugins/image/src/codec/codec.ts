import type { Codec } from '@imagedoc/core'
import { sharpVersions } from '../sharp-engine.ts'
import { decodable, decode, probe } from './decode.ts'
import { encodable, encode } from './encode.ts'

/** Bumped when the same bytes decode to other pixels, or the same pixels encode to other bytes, for another reason than sharp's version. */
const CODEC_VERSION = 3

/** The codec for images: JPEG, PNG, WebP, TIFF (page by page) and AVIF in; JPEG, PNG, WebP and TIFF out. */
export const imageCodec: Codec = {
  kind: 'image',
  blocking: false,
  mediaTypes: { decode: decodable, encode: encodable },
  fingerprint: () => `image/${CODEC_VERSION} sharp/${sharpVersions.sharp} vips/${sharpVersions.vips}`,
  probe,
  decode,
  encode,
}
