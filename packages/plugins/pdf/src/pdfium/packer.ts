/** How rows lie in PDFium's memory: blue, green, red and perhaps a fourth byte, or one grey byte a pixel. */
export interface Rows {
  bytesPerPixel: number
  stride: number
  rows: number
}

/** Gathers bands of rows into tight pixels: grey until the first colour is seen, so that a grey page never costs three bytes a pixel. */
export interface Packer {
  add(source: Uint8Array, layout: Rows): void
  finish(): { channels: 1 | 3; data: Uint8Array }
}

/** `tolerance`: how far two channels may be apart in a pixel that still counts as grey. */
export function createPacker({ width, height, tolerance }: { width: number; height: number; tolerance: number }): Packer {
  let grey: Uint8Array | undefined = new Uint8Array(width * height)
  let colour: Uint8Array | undefined
  let row = 0
  return {
    add(source, layout) {
      for (let y = 0; y < layout.rows; y++, row++) {
        const line = source.subarray(y * layout.stride, y * layout.stride + width * layout.bytesPerPixel)
        if (grey !== undefined && !packGrey(line, grey.subarray(row * width, (row + 1) * width), { ...layout, tolerance })) {
          colour = widened(grey, row * width)
          grey = undefined
        }
        if (colour !== undefined) packColour(line, colour.subarray(row * width * 3, (row + 1) * width * 3), layout.bytesPerPixel)
      }
    },
    finish: () => (grey === undefined ? { channels: 3, data: colour ?? new Uint8Array(0) } : { channels: 1, data: grey }),
  }
}

/** False at the first pixel that has colour. */
function packGrey(line: Uint8Array, out: Uint8Array, { bytesPerPixel, tolerance }: { bytesPerPixel: number; tolerance: number }): boolean {
  if (bytesPerPixel === 1) {
    out.set(line)
    return true
  }
  for (let x = 0, at = 0; x < out.length; x++, at += bytesPerPixel) {
    const blue = line[at] as number
    const green = line[at + 1] as number
    const red = line[at + 2] as number
    if (blue === green && green === red) out[x] = green
    else {
      if (Math.abs(blue - green) > tolerance || Math.abs(red - green) > tolerance || Math.abs(red - blue) > tolerance) return false
      out[x] = (red * 299 + green * 587 + blue * 114 + 500) / 1000
    }
  }
  return true
}

function packColour(line: Uint8Array, out: Uint8Array, bytesPerPixel: number): void {
  const grey = bytesPerPixel === 1
  for (let to = 0, at = 0; to < out.length; to += 3, at += bytesPerPixel) {
    out[to] = line[grey ? at : at + 2] as number
    out[to + 1] = line[grey ? at : at + 1] as number
    out[to + 2] = line[at] as number
  }
}

function widened(grey: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(grey.length * 3)
  for (let i = 0, to = 0; i < pixels; i++, to += 3) out.fill(grey[i] as number, to, to + 3)
  return out
}
