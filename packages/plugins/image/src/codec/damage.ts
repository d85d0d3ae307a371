import { type Diagnostic, ImageDocError, type Json } from '@imagedoc/core'

/** More than this share of a page missing, and what is left is no page. */
const MOST_MISSING = 0.5

/** In the details of a finding: the file ends before its picture is whole. One that lacks no more than its end mark is none of these. */
export const cutOffIf = (is: boolean): { cutOff?: true } => (is ? { cutOff: true } : {})

/**
 * The finding that a part of a page could not be decoded. `missing`: the share of its pixels, 0 to 1; 0 where the damage touches no pixel.
 * @throws CORRUPT_INPUT when more than half is missing
 */
export function imageDamaged(missing: number, what: string, details: Readonly<Record<string, Json>> = {}): Diagnostic {
  if (missing > MOST_MISSING)
    throw corrupt(`${percent(missing)} of the image is missing: ${what}`, { missing: rounded(missing), ...details })
  const shown = missing > 0 ? ` ${percent(missing)} of the image is missing and shown as white paper.` : ''
  return {
    code: 'IMAGE_DAMAGED',
    severity: 'warning',
    message: `${sentence(what)}${shown}`,
    details: { missing: rounded(missing), ...details },
  }
}

/** The error for an image of which too little is left, or of which nothing tells how much is left. */
export function corrupt(what: string, details: Json = null): ImageDocError {
  const message = `The image file is damaged: ${what} Get the file anew from where it came, or scan the page again.`
  return new ImageDocError('CORRUPT_INPUT', message, { details })
}

const rounded = (share: number): number => Math.min(1, Math.ceil(share * 10_000) / 10_000)
const percent = (share: number): string => (share < 0.01 ? 'Less than 1 %' : `${Math.round(share * 100)} %`)
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
