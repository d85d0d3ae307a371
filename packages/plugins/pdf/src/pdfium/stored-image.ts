import type { Runtime } from './heap.ts'

/** The names of an image's filters, in the order in which they are undone. */
export function filtersOf({ api, heap }: Runtime, object: number): string[] {
  const count = api.FPDFImageObj_GetImageFilterCount(object)
  return Array.from({ length: count }, (_, index) => {
    api.FPDFImageObj_GetImageFilter(object, index, heap.scratch, 64)
    return heap.text()
  })
}

/** An image's bytes as they stand in the file. */
export function rawBytes(runtime: Runtime, object: number): Uint8Array {
  return readBytes(runtime, (pointer, size) => runtime.api.FPDFImageObj_GetImageDataRaw(object, pointer, size))
}

/** How many bytes there are when its filters are undone, but no image codec. */
export function sizeOfDecoded({ api }: Runtime, object: number): number {
  return api.FPDFImageObj_GetImageDataDecoded(object, 0, 0)
}

/** Calls a function of the kind "give me the size, then fill my buffer". */
export function readBytes({ heap }: Pick<Runtime, 'heap'>, fill: (pointer: number, size: number) => number): Uint8Array {
  const size = fill(0, 0)
  if (size === 0) return new Uint8Array(0)
  const pointer = heap.allocate(size)
  try {
    fill(pointer, size)
    return heap.copyOut(pointer, size)
  } finally {
    heap.free(pointer)
  }
}

const pixelBytes: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 4, 4: 4 }

/**
 * Decodes an image and shows its rows from the last one up, until `look` gives false.
 * Returns how many rows there are, undefined when the image cannot be decoded.
 */
export function bitmapRows(
  { api, heap }: Runtime,
  object: number,
  look: (row: Buffer, bytesPerPixel: number) => boolean | undefined,
): number | undefined {
  const bitmap = api.FPDFImageObj_GetBitmap(object)
  if (bitmap === 0) return undefined
  try {
    const step = pixelBytes[api.FPDFBitmap_GetFormat(bitmap)] ?? 1
    const [width, height] = [api.FPDFBitmap_GetWidth(bitmap), api.FPDFBitmap_GetHeight(bitmap)]
    const stride = api.FPDFBitmap_GetStride(bitmap)
    const pixels = heap.view(api.FPDFBitmap_GetBuffer(bitmap), stride * height)
    for (let y = height - 1; y >= 0; y--) {
      const row = pixels.subarray(y * stride, y * stride + width * step)
      if (!look(Buffer.from(row.buffer, row.byteOffset, row.byteLength), step)) break
    }
    return height
  } finally {
    api.FPDFBitmap_Destroy(bitmap)
  }
}
