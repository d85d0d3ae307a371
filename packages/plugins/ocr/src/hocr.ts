import type { Block, Box, LayoutDraft, Line, Word } from '@imagedoc/core'

const token = /<(\/?)([a-z]+)([^>]*)>|([^<]+)/g
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** What Tesseract calls the lines of a block says what the block is. */
const kinds = { ocr_line: 'paragraph', ocr_header: 'heading', ocr_caption: 'caption', ocr_textfloat: 'paragraph' } as const
const areas: Record<string, 'picture' | 'separator' | undefined> = {
  ocr_photo: 'picture',
  ocr_image: 'picture',
  ocr_separator: 'separator',
}
const emphasis: Record<string, 'bold' | 'italic' | undefined> = { strong: 'bold', em: 'italic' }

interface Page {
  readonly width: number
  readonly height: number
}
interface Element {
  readonly tag: string
  readonly title: string
  readonly language: string | undefined
  readonly direction: 'ltr' | 'rtl' | undefined
}
type LineClass = keyof typeof kinds
type Open<Value> = { -readonly [Key in keyof Value]: Value[Key] }
type OpenWord = Open<LayoutDraft<Word>>
type OpenLine = Open<LayoutDraft<Line>> & { words: OpenWord[] }
/** Text is one paragraph; the classes are those of its lines. */
type OpenBlock =
  | { area: 'picture' | 'separator'; box: Box }
  | { classes: Set<LineClass>; box: Box; language: string | undefined; direction: 'ltr' | 'rtl' | undefined; lines: OpenLine[] }

/**
 * The blocks of a page from Tesseract's hOCR, in its reading order: one block a paragraph, and one for each picture and rule.
 * Baselines are `[x0, y0, x1, y1]`. Words without a letter (Tesseract finds them in pictures) are left out.
 * @see http://kba.github.io/hocr-spec/1.2/
 */
export function parseHocr(hocr: string, page: Page): LayoutDraft<Block>[] {
  const blocks: OpenBlock[] = []
  let word: OpenWord | undefined
  for (const [, closing, tag = '', attributes, text] of hocr.slice(Math.max(0, hocr.indexOf('<body'))).matchAll(token)) {
    if (text !== undefined) {
      if (word) word.text += decodeEntities(text)
    } else if (closing) {
      if (tag === 'span') word = undefined
    } else if (word && emphasis[tag]) word.style = { ...word.style, [emphasis[tag]]: true }
    else word = place(blocks, readElement(tag, attributes ?? ''), page) ?? word
  }
  return blocks.flatMap(tidy)
}

/** Puts an element into the last open block or line; gives the word that following text belongs to. */
function place(blocks: OpenBlock[], element: Element, page: Page): OpenWord | undefined {
  const { tag, title, language, direction } = element
  const box = readBox(title, page)
  if (!box) return undefined
  const area = areas[tag]
  if (area) blocks.push({ area, box })
  else if (tag === 'ocr_par') blocks.push({ classes: new Set(), box, language, direction, lines: [] })
  else return placeInText(blocks.at(-1), element, box)
  return undefined
}

function placeInText(block: OpenBlock | undefined, { tag, title, language, direction }: Element, box: Box): OpenWord | undefined {
  if (block === undefined || 'area' in block) return undefined
  if (isLineClass(tag)) {
    const [angle, baseline] = [readAngle(title), readBaseline(title, box)]
    block.lines.push({ box, ...(baseline && { baseline }), ...(angle !== 0 && { angle }), words: [] })
    block.classes.add(tag)
  } else if (tag === 'ocrx_word') {
    const confidence = Math.min(100, Math.max(0, Number(/x_wconf (-?[\d.]+)/.exec(title)?.[1] ?? 0))) / 100
    const isForeign = language !== undefined && language !== block.language
    const word: OpenWord = { box, text: '', confidence, ...(isForeign && { language }), ...(direction && { direction }) }
    block.lines.at(-1)?.words.push(word)
    return word
  }
  return undefined
}

const isLineClass = (tag: string): tag is LineClass => Object.hasOwn(kinds, tag)

function readElement(tag: string, attributes: string): Element {
  const attribute = (name: string): string | undefined => {
    const found = new RegExp(` ${name}=(?:'([^']*)'|"([^"]*)")`).exec(attributes)
    return found?.[1] ?? found?.[2]
  }
  const dir = attribute('dir')
  const direction = dir === 'ltr' || dir === 'rtl' ? dir : undefined
  return { tag: attribute('class') ?? tag, title: attribute('title') ?? '', language: attribute('lang'), direction }
}

/** Cut to the page: Tesseract's boxes of rotated lines reach a pixel beyond it. */
function readBox(title: string, page: Page): Box | undefined {
  const found = /bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)/.exec(title)
  if (!found) return undefined
  const [left, top, right, bottom] = found.slice(1).map(Number) as [number, number, number, number]
  const box: Box = [Math.max(0, left), Math.max(0, top), Math.min(page.width, right), Math.min(page.height, bottom)]
  return box[0] < box[2] && box[1] < box[3] ? box : undefined
}

/** hOCR gives slope and offset from the box's lower left corner; a line of turned text has no such baseline. */
function readBaseline(title: string, [x0, , x1, y1]: Box): number[] | undefined {
  const found = /baseline (-?[\d.]+) (-?[\d.]+)/.exec(title)
  if (!found) return undefined
  const start = y1 + Number(found[2])
  return [x0, start, x1, Math.round((start + Number(found[1]) * (x1 - x0)) * 100) / 100]
}

/** Degrees clockwise, -90 to 180; hOCR counts the other way round. */
function readAngle(title: string): number {
  const clockwise = (360 - Number(/textangle (-?[\d.]+)/.exec(title)?.[1] ?? 0)) % 360
  return clockwise > 180 ? clockwise - 360 : clockwise
}

/** None for text without a word. */
function tidy(block: OpenBlock): LayoutDraft<Block>[] {
  const { box } = block
  if ('area' in block) return [block.area === 'picture' ? { kind: 'picture', box, lines: [] } : { kind: 'separator', box }]
  const lines = block.lines
    .map((line) => ({
      ...line,
      words: line.words.map((word) => ({ ...word, text: word.text.trim() })).filter((word) => word.text !== ''),
    }))
    .filter((line) => line.words.length > 0)
  const { classes, language, direction } = block
  const kind = classes.size === 1 ? kinds[[...classes][0] as LineClass] : 'paragraph'
  return lines.length > 0 ? [{ kind, box, ...(language && { language }), ...(direction && { direction }), lines }] : []
}

function decodeEntities(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)))
  })
}
