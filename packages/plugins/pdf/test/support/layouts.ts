import { createLayout, type EncodedImage, type Layout } from '@imagedoc/core'
import { readJpegHeader } from '../../src/jpeg-header.ts'

type Box = readonly [number, number, number, number]
type Words = readonly (readonly [text: string, box: Box])[]

/** A layout of one block; `lines` are words with their boxes. */
export function layoutOf(
  size: { width: number; height: number },
  lines: readonly { words: Words; baseline?: readonly number[] }[],
): Layout {
  const whole: Box = [0, 0, size.width, size.height]
  const placed = lines.map(({ words, baseline }) => ({
    box: whole,
    ...(baseline && { baseline }),
    words: words.map(([text, box]) => ({ text, box, confidence: 0.9 })),
  }))
  return createLayout({ ...size, density: 300, blocks: [{ kind: 'paragraph', box: whole, lines: placed }] })
}

/** `columns` x `rows` of words, as large as text on a page of 300 dpi. */
export function gridLayout({ columns = 6, rows = 20, width = 2000, height = 1500 } = {}): Layout {
  const lines = Array.from({ length: rows }, (_, row) => ({
    words: Array.from({ length: columns }, (_unused, column) => {
      const left = 60 + (column * (width - 120)) / columns
      const top = 60 + (row * (height - 120)) / rows
      return [`w${row}x${column}`, [left, top, left + 180, top + 40]] as const
    }),
  }))
  return layoutOf({ width, height }, lines)
}

/** A JPEG as the value of a port. */
export function asImage(bytes: Uint8Array, density: number | null = 300): EncodedImage {
  const header = readJpegHeader(bytes)
  if (header) return { mediaType: 'image/jpeg', bytes, width: header.width, height: header.height, density }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return { mediaType: 'image/png', bytes, width: view.getUint32(16), height: view.getUint32(20), density }
}
