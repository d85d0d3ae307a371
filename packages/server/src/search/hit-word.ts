import type { Box } from '@imagedoc/core'

/** A word that was looked for, and where it stands on the page of the original: pixels of an image, points of a PDF; null where that is not known. */
export interface HitWord {
  readonly text: string
  readonly box: Box | null
}
