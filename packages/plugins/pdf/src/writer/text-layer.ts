import type { Layout } from '@imagedoc/core'
import type { Codes } from './codes.ts'
import { CHARACTER_WIDTH, type Reach } from './glyphless-font.ts'
import { type Edges, type MeasuredLine, measureLines, SMALLEST, type TextFrame } from './measured-line.ts'
import { keepReadingOrder } from './reading-order.ts'
import { shareSizes } from './shared-sizes.ts'

/** How characters become bytes: their codes, and the name of the font with a reach. */
export interface TextWriting {
  codes: Codes
  fontName(reach: Reach): string
}

/** Fonts come in steps of this reach, so that a document needs some dozens of them; larger sizes need finer ones. */
const STEPS = [50, 20, 10, 5, 2]
/** Points by which the steps may move an edge, and the edge of a line whose order depends on it. */
const TOLERANCE = 0.2
const FINE_TOLERANCE = 0.07
/** A font's reach in 1/1000 of its size beyond which readers take it for damage (poppler: 3000). */
const FARTHEST = 2900
/** A line whose base line rises by more than this share of its height is read word by word. */
const SLANT = 0.5
/** Characters narrower than this share of a font's size poppler takes for the same one printed twice, and takes the word apart (its limit is 0.1). */
const NARROWEST = 0.11

/**
 * The operators that write a layout's words invisibly, one by one, in reading order. Each is level and fills its box, also in a slanted
 * line, where it sits on the base line at its middle: text that is itself turned, readers take apart into letters (poppler from 5 degrees on).
 */
export function textLayer(layout: Layout, frame: TextFrame, writing: TextWriting): string {
  const lines = keepReadingOrder(shareSizes(measureLines(layout, frame)))
  const words = lines.flatMap((line) => placeLine(line, frame))
  return ['q', 'BT', '3 Tr', ...words.flatMap((word) => shown(word, writing)), 'ET', 'Q', ''].join('\n')
}

/** A word as it is written: in points, y up. */
interface PlacedWord {
  text: string
  last: boolean
  width: number
  size: number
  reach: Reach
  /** Where the word starts on its base line. */
  x: number
  y: number
}

function placeLine({ words, edges, baseline, sizes, fine }: MeasuredLine, { height }: TextFrame): PlacedWord[] {
  const tolerance = fine ? FINE_TOLERANCE : TOLERANCE
  const level = levelBase(edges, baseline)
  return words.map((word, index) => {
    const box = edges[index] as Edges
    const text = word.text.normalize('NFC')
    const size = Math.min(sizes[index] as number, (box.right - box.left) / [...text].length / NARROWEST)
    return { text, last: index === words.length - 1, ...placeWord(box, { base: level ?? baseline(box), size, height, tolerance }) }
  })
}

/**
 * One base line for the words of a line, inside as many of their boxes as can be: poppler takes a line apart at gaps of 1.5 sizes, and
 * puts its parts in order by their base lines before it looks at where they start. None when the line slants too much.
 */
function levelBase(edges: readonly Edges[], baseline: MeasuredLine['baseline']): number | undefined {
  const own = edges.map(baseline)
  const middle = own.reduce((sum, base) => sum + base, 0) / own.length
  const within = (base: number): number => edges.filter(({ top, bottom }) => top <= base && base <= bottom).length
  const places = [middle, ...edges.flatMap(({ top, bottom }) => [top, bottom])].map((base) => ({ base, within: within(base) }))
  const most = Math.max(...places.map((place) => place.within))
  const slants = Math.max(...own) - Math.min(...own) > SLANT * Math.max(...edges.map(({ top, bottom }) => bottom - top))
  if (slants && most < edges.length) return undefined
  const best = places.filter((place) => place.within === most).map(({ base }) => base)
  return best.reduce((one, other) => (Math.abs(other - middle) < Math.abs(one - middle) ? other : one))
}

type Placing = Omit<PlacedWord, 'text' | 'last'>

interface Place {
  base: number
  size: number
  /** Of the page. */
  height: number
  tolerance: number
}

function placeWord({ left, top, right, bottom }: Edges, { base, size, height, tolerance }: Place): Placing {
  // A dash or an apostrophe ends above the base line: its own is where it ends.
  const own = Math.min(Math.max(base, top), bottom)
  const font = Math.max(SMALLEST, size, (1000 * (bottom - top)) / FARTHEST)
  const reach = { ascent: inSteps((own - top) / font, tolerance / font), descent: inSteps((bottom - own) / font, tolerance / font) }
  return { width: Math.max(SMALLEST, right - left), size: font, reach, x: left, y: height - own }
}

/** Never nothing: readers take that for a font that does not say its reach. */
function inSteps(share: number, tolerance: number): number {
  const step = STEPS.find((step) => step / 2000 <= tolerance) ?? 1
  return Math.max(1, Math.round((1000 * share) / step) * step)
}

function shown({ text, last, width, size, reach, x, y }: PlacedWord, { codes, fontName }: TextWriting): readonly string[] {
  const word = codes.encode(text)
  const stretch = (100 * width) / (word.count * size * CHARACTER_WIDTH)
  // The blank after a word lets readers that copy the text as it stands keep words apart.
  const blank = last ? '' : codes.encode(' ').hex
  return [
    `/${fontName(reach)} ${number(size)} Tf`,
    `${number(stretch)} Tz`,
    `1 0 0 1 ${number(x)} ${number(y)} Tm`,
    `<${word.hex}${blank}> Tj`,
  ]
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
