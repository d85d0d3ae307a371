import { type Artifact, ImageDocError, type PipelineDefinition, type RunOptions } from '@imagedoc/core'
import type { Document } from '../records/document.ts'
import type { Services } from '../services.ts'
import { openStored } from './open-stored.ts'

/** Widths in pixels: few, so that what one reader looked at is there for the next. */
export const PAGE_WIDTHS: readonly number[] = [160, 320, 640, 1280, 2560]

/** One density for all small widths: the page is drawn once for them. A sheet of A4 is 827 pixels wide at 100 dots per inch. */
const densityFor = (width: number): number => (width <= 640 ? 100 : 300)

/**
 * A page of the original as a JPEG, at most `width` pixels wide; the result cache serves it the second time.
 * @throws what the page cannot be shown for: CORRUPT_INPUT, TOO_MANY_PIXELS, …; CANCELLED
 */
export async function makePageImage(
  { interactive, blobs }: Pick<Services, 'interactive' | 'blobs'>,
  document: Pick<Document, 'title' | 'original'>,
  { page, width, ...options }: { page: number; width: number; signal: AbortSignal } & Pick<RunOptions, 'cacheScope'>,
): Promise<Artifact> {
  const pipeline: PipelineDefinition = {
    version: 1,
    steps: [
      { use: 'document.pages', with: { pages: String(page), dpi: densityFor(width) } },
      { use: 'image.resize', with: { width } },
      { use: 'image.encode', with: { format: 'jpeg' } },
    ],
    outputs: { 'page.jpg': 'image.encode' },
  }
  const { digest } = document.original
  const input = { name: document.title, descriptor: document.original, open: () => openStored(blobs, digest, { signal: options.signal }) }
  const { outputs, error } = await interactive.run(pipeline, { input }, options)
  if (error) throw error
  const output = outputs['page.jpg']
  if (!output) throw new ImageDocError('INTERNAL', 'The page was not made.')
  return output.at(0)
}
