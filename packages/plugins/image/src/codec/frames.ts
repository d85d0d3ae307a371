import type { Diagnostic } from '@imagedoc/core'

/** The finding that of an animation only the first image is shown: a document has pages, and frames are none. */
export function framesLeftOut(frames: number): Diagnostic {
  return {
    code: 'FRAMES_LEFT_OUT',
    severity: 'warning',
    message: `The file is an animation of ${frames} frames; the first one is taken as the page. Save the others as files of their own if they are pages.`,
    details: { frames },
  }
}
