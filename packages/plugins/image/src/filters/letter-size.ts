import type { Components } from '@imagedoc/core'

/** Points from the height of an x to that of an l, in running text. */
const LETTER_POINTS = 5.5
/** Of a letter, in heights of a usual one: from footnotes to titles; a dash and a rule are flatter, a word of joined letters is wider. */
const LETTER = { lowest: 0.6, highest: 8, flattest: 4 }

/** Pixels of a usual letter's height. */
export const usualLetter = (dpi: number): number => (LETTER_POINTS * dpi) / 72

/** Whether an area is as large as a letter. `usual`: height of a usual one in pixels. */
export function isLetterSized({ left, right, top, bottom, area }: Components, root: number, usual: number): boolean {
  const width = (right[root] as number) - (left[root] as number)
  const height = (bottom[root] as number) - (top[root] as number)
  if (height < usual * LETTER.lowest || height > usual * LETTER.highest || width > height * LETTER.flattest) return false
  return width * 8 > height && (area[root] as number) > height
}
