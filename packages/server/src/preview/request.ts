import { length } from '@imagedoc/core'
import { z } from 'zod'

/** Of a preview in pixels; more would be no preview, and takes its time. */
export const LARGEST = 4_000_000
const STEPS = 50

/** Pixels of the full-size result, or percentages of it. */
const region = z.strictObject({ left: length.default(0), top: length.default(0), width: length, height: length })

/** The body of a request for a preview. */
export const previewRequest = z
  .strictObject({
    /** As in a pipeline definition, whose parser reads them: what is wrong with them is told with its path. */
    steps: z.array(z.unknown()).max(STEPS).default([]),
    /** Of the reduced page. */
    max_pixels: z.int().min(1000).max(LARGEST).optional(),
    /** Of the reduced page, instead of `max_pixels`. */
    width: z.int().min(16).max(4096).optional(),
    /** What is to be shown as it will be, pixel for pixel. */
    crop: region.optional(),
    format: z.enum(['jpeg', 'png', 'webp']).default('jpeg'),
    /** Who asks, among those that use the same token: a newer request ends an older one. */
    client: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, '1 to 64 letters, digits and . _ : -')
      .optional(),
  })
  .refine(({ max_pixels, width, crop }) => [max_pixels, width, crop].filter((given) => given !== undefined).length <= 1, {
    error: 'give one of max_pixels, width and crop: a crop is of the full size',
    path: ['crop'],
  })

export type PreviewRequest = z.output<typeof previewRequest>
