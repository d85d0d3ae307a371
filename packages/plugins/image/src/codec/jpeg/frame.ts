import { ImageDocError } from '@imagedoc/core'
import { corrupt } from '../damage.ts'
import { type JpegFile, marker, type Segment } from './markers.ts'

/** One component of a frame. */
export interface Component {
  readonly id: number
  /** Sampling factors. */
  readonly h: number
  readonly v: number
  readonly quantisation: number
}

/** A frame header (T.81, B.2.2). */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly components: readonly Component[]
  readonly progressive: boolean
  /** Samples that are predicted and not transformed: few programs read it, and no PDF may hold it. */
  readonly lossless: boolean
  /** Where its height stands in the file: two bytes. */
  readonly heightAt: number
}

const remedy = 'Save it as a baseline JPEG with 8 bits, or as PNG or TIFF.'

/** Kinds of JPEG by their frame's marker that no decoder here reads (T.81, table B.1; T.87 for JPEG-LS). */
const unread: Readonly<Record<number, string>> = {
  0xc5: 'hierarchical JPEG',
  0xc6: 'hierarchical JPEG',
  0xc7: 'hierarchical JPEG',
  0xc9: 'arithmetic-coded JPEG',
  0xca: 'arithmetic-coded JPEG',
  0xcb: 'arithmetic-coded lossless JPEG',
  0xcd: 'hierarchical JPEG',
  0xce: 'hierarchical JPEG',
  0xcf: 'hierarchical JPEG',
  0xde: 'hierarchical JPEG',
  0xf7: 'JPEG-LS',
}

/**
 * The frame header of a file.
 * @throws UNSUPPORTED_MEDIA_TYPE for a kind of JPEG that is not read, by its name; CORRUPT_INPUT when there is none
 */
export function readFrame({ source, segments }: JpegFile): Frame {
  const segment = segments.find(({ marker: code }) => isFrame(code) || unread[code] !== undefined)
  if (segment === undefined || segment.end > source.size) throw corrupt('it ends before the header that tells the size of the image.')
  const payload = source.read(segment.start, segment.end)
  const precision = payload[0] ?? 0
  const name = unread[segment.marker] ?? (precision === 8 ? undefined : `${precision}-bit JPEG`)
  if (name !== undefined) throw notSupported(name)
  const frame = parseFrame(payload, segment)
  if (frame.components.some(({ h, v }) => h === 0 || v === 0)) throw corrupt('its header names sampling factors that do not exist.')
  if (frame.height === 0 && frame.width > 0) throw notSupported('JPEG that tells its height after the picture (DNL)')
  return frame
}

/** SOF0 to SOF15, without DHT, JPG and DAC. */
const isFrame = (code: number): boolean => code >= 0xc0 && code <= 0xcf && code !== marker.dht && code !== 0xc8 && code !== marker.dac

function parseFrame(payload: Uint8Array, { marker: code, start }: Segment): Frame {
  if (payload.length < 6) throw corrupt('the header that tells the size of the image is too short.')
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const count = payload[5] ?? 0
  const components = Array.from({ length: count }, (_, index) => {
    const [id = 0, sampling = 0, quantisation = 0] = payload.subarray(6 + index * 3, 9 + index * 3)
    return { id, h: sampling >> 4, v: sampling & 15, quantisation }
  })
  const [width, height] = [view.getUint16(3), view.getUint16(1)]
  return { width, height, components, progressive: code === 0xc2, lossless: code === 0xc3, heightAt: start + 1 }
}

function notSupported(name: string): ImageDocError {
  return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `The image is a ${name}, which is not supported. ${remedy}`, {
    details: { encoding: name },
  })
}
