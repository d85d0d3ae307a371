import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Pixels, throwIfAborted } from '@imagedoc/core'

/** What a filter does in about 5 ms. */
const BAND_VALUES = 2 ** 20

/** The form of what is made of a page, row by row. @default that of the page */
interface Made {
  readonly width?: number
  readonly channels?: Pixels['channels']
}

/**
 * Makes a page of a page, a band of rows at a time: `work` writes what it makes of a band into `out`. Between two bands the event loop goes on, so an
 * operation that computes in no other way yields, and a cancel is seen.
 * @throws CANCELLED
 */
export async function inBands(
  page: Pixels,
  { width = page.width, channels = page.channels, signal }: Made & { readonly signal: AbortSignal },
  work: (band: Pixels, out: Uint8Array, top: number) => void,
): Promise<Pixels> {
  const stride = page.width * page.channels
  const rows = Math.max(1, Math.floor(BAND_VALUES / stride))
  const data = new Uint8Array(width * channels * page.height)
  for (let top = 0; top < page.height; top += rows) {
    if (top > 0) await nextTurn()
    throwIfAborted(signal)
    const height = Math.min(rows, page.height - top)
    const band = { ...page, height, data: page.data.subarray(top * stride, (top + height) * stride) }
    work(band, data.subarray(top * width * channels, (top + height) * width * channels), top)
  }
  return { ...page, width, channels, data }
}
