import type { Layout } from '@imagedoc/core'
import type { Codes } from './codes.ts'
import { ASCENT, CHARACTER_WIDTH } from './glyphless-font.ts'

type Line = Layout['blocks'][number]['lines'][number]
type Word = Line['words'][number]

/** A page of the PDF that is written: its height, and points per unit of the layout. */
export interface TextFrame {
  height: number
  scaleX: number
  scaleY: number
}

/** Lines that rise by less than this (5 degrees) are written level, word by word on the slanted base line: readers then still see whole words. */
const LEVEL = Math.tan((5 * Math.PI) / 180)
const SMALLEST = 0.5

/** The operators that write a layout's words invisibly, in reading order; `font` is the name of its resource. */
export function textLayer(layout: Layout, frame: TextFrame, { codes, font }: { codes: Codes; font: string }): string {
  const out: string[] = ['q', 'BT', '3 Tr']
  for (const block of layout.blocks) {
    for (const line of block.lines) writeLine(line, frame, (word) => out.push(...word(codes, font)))
  }
  out.push('ET', 'Q', '')
  return out.join('\n')
}

type WriteWord = (codes: Codes, font: string) => readonly string[]

function writeLine(line: Line, frame: TextFrame, emit: (word: WriteWord) => void): void {
  const slope = slopeOf(line, frame)
  const words = line.words.filter((word) => word.text.trim() !== '')
  for (const [index, word] of words.entries()) {
    const last = index === words.length - 1
    emit((codes, font) =>
      Math.abs(slope) < LEVEL ? levelWord(word, frame, { codes, font, last }) : slantedWord(word, { frame, slope }, { codes, font, last }),
    )
  }
}

/** dy/dx of the base line in points, y down; 0 without one. */
function slopeOf({ baseline = [] }: Line, { scaleX, scaleY }: TextFrame): number {
  const [x0 = 0, y0 = 0] = baseline
  const [x1 = 0, y1 = 0] = baseline.slice(-2)
  return baseline.length < 4 || x1 <= x0 ? 0 : ((y1 - y0) * scaleY) / ((x1 - x0) * scaleX)
}

interface Writing {
  codes: Codes
  font: string
  last: boolean
}

function levelWord({ text, box }: Word, { height, scaleX, scaleY }: TextFrame, { codes, font, last }: Writing): readonly string[] {
  const size = Math.max(SMALLEST, ((box[3] - box[1]) * scaleY) / ASCENT)
  const width = Math.max(SMALLEST, (box[2] - box[0]) * scaleX)
  return shown(text, { size, width, matrix: [1, 0, 0, 1, box[0] * scaleX, height - box[3] * scaleY] }, { codes, font, last })
}

function slantedWord({ text, box }: Word, { frame, slope }: { frame: TextFrame; slope: number }, writing: Writing): readonly string[] {
  const { height, scaleX, scaleY } = frame
  const angle = Math.atan(slope)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [boxWidth, boxHeight] = [(box[2] - box[0]) * scaleX, (box[3] - box[1]) * scaleY]
  // The upright box of a rectangle w x h at this angle is (w cos + h |sin|) x (w |sin| + h cos): solved for w and h.
  const apart = cos * cos - sin * sin
  const width = Math.max(SMALLEST, (boxWidth * cos - boxHeight * Math.abs(sin)) / apart)
  const size = Math.max(SMALLEST, (boxHeight * cos - boxWidth * Math.abs(sin)) / apart)
  // Going down, the word starts at the box's left edge; going up, at its lower one.
  const x = box[0] * scaleX + (slope > 0 ? 0 : size * -sin)
  const y = height - (slope > 0 ? box[1] * scaleY + size * cos : box[3] * scaleY)
  return shown(text, { size, width, matrix: [cos, -sin, sin, cos, x, y] }, writing)
}

function shown(
  text: string,
  { size, width, matrix }: { size: number; width: number; matrix: readonly number[] },
  { codes, font, last }: Writing,
): readonly string[] {
  const word = codes.encode(text.normalize('NFC'))
  const stretch = (100 * width) / (word.count * size * CHARACTER_WIDTH)
  // The blank after a word lets readers that copy the text as it stands keep words apart.
  const blank = last ? '' : codes.encode(' ').hex
  return [`/${font} ${number(size)} Tf`, `${number(stretch)} Tz`, `${matrix.map(number).join(' ')} Tm`, `<${word.hex}${blank}> Tj`]
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
