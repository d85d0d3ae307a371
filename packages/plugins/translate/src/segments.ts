/** A text taken apart: what is translated, and the white space around it. `joints` has one more. */
export interface Segmented {
  readonly segments: readonly string[]
  readonly joints: readonly string[]
}

/**
 * Takes a text apart into paragraphs, or into lines. Empty lines, form feeds and indentation at the joints are kept exactly;
 * with `join` the line breaks inside a paragraph become spaces, because a scan breaks its lines anywhere.
 */
export function segment(text: string, lines: 'join' | 'keep'): Segmented {
  const segments: string[] = []
  const joints: string[] = []
  let open = ''
  let blank = ''
  // A single expression for "white space with a line feed in it" would take quadratic time on long runs of blanks.
  for (const [index, piece] of text.split(/(\s+)/u).entries()) {
    if (index % 2 === 1) blank = piece
    if (index % 2 === 1 || piece === '') continue
    if (open !== '' && !parts(blank, lines)) {
      open += (/[\n\r]/.test(blank) ? ' ' : blank) + piece
    } else {
      if (open !== '') segments.push(open)
      joints.push(blank)
      open = piece
    }
    blank = ''
  }
  if (open !== '') segments.push(open)
  joints.push(blank)
  return { segments, joints }
}

/** The text again, with other segments in place of its own. */
export function assemble({ joints }: Segmented, segments: readonly string[]): string {
  return joints.map((joint, index) => joint + (segments[index] ?? '')).join('')
}

function parts(blank: string, lines: 'join' | 'keep'): boolean {
  if (blank.includes('\f')) return true
  const feeds = blank.split('\n').length - 1
  return lines === 'keep' ? feeds > 0 : feeds > 1
}
