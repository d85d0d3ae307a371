import { ImageDocError, type Limits, raiseLimit } from '@imagedoc/core'

/** @throws TOO_MANY_PIXELS when a result of this size would exceed the limit; asked before anything is allocated. */
export function assertSize(size: { width: number; height: number }, limits: Limits): void {
  if (size.width * size.height <= limits.pixels) return
  throw new ImageDocError(
    'TOO_MANY_PIXELS',
    `The result would have ${size.width} x ${size.height} pixels, more than the ${limits.pixels} that the limit allows; choose a smaller size or ${raiseLimit('pixels')}.`,
    { details: { width: size.width, height: size.height, limit: limits.pixels } },
  )
}
