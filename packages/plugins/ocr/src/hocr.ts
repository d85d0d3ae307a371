import type { Block, Box, Line, Word } from '@imagedoc/core'

const token = /<(\/?)([a-z]+)([^>]*)>|([^<]+)/g
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const lineClasses = new Set(['ocr_line', 'ocr_header', 'ocr_caption', 'ocr_textfloat'])
const areas: Record<string, Block['kind'] | undefined> = { ocr_photo: 'image', ocr_image: 'image', ocr_separator: 'separator' }

interface Page {
  readonly width: number
  readonly height: number
}
interface Element {
  readonly tag: string
  readonly title: string
  readonly language: string | undefined
}
type Open<Value> = { -readonly [Key in keyof Value]: Value[Key] }
type OpenLine = Omit<Open<Line>, 'words'> & { words: Open<Word>[] }
type OpenBlock = Omit<Open<Block>, 'lines'> & { lines: OpenLine[] }

/**
 * The blocks of a page from Tesseract's hOCR, in its reading order: one block a paragraph, and one for each picture and rule.
 * Baselines are `[x0, y0, x1, y1]`. Words without a letter (Tesseract finds them in pictures) are left out.
 * @see http://kba.github.io/hocr-spec/1.2/
 */
export function parseHocr(hocr: string, page: Page): Block[] {
  const blocks: OpenBlock[] = []
  let language: string | undefined
  let word: Open<Word> | undefined
  for (const [, closing, tag, attributes, text] of hocr.slice(Math.max(0, hocr.indexOf('<body'))).matchAll(token)) {
    if (text !== undefined) {
      if (word) word.text += decodeEntities(text)
    } else if (closing) {
      if (tag === 'span') word = undefined
    } else {
      const element = readElement(tag ?? '', attributes ?? '')
      if (element.tag === 'ocr_par') language = element.language
      word = place(blocks, { ...element, language: element.language ?? language }, page) ?? word
    }
  }
  return blocks.map(tidy).filter((block) => block.kind !== 'text' || block.lines.length > 0)
}

/** Puts an element into the last open block or line; gives the word that following text belongs to. */
function place(blocks: OpenBlock[], { tag, title, language }: Element, page: Page): Open<Word> | undefined {
  const box = readBox(title, page)
  if (!box) return undefined
  const area = areas[tag]
  if (area) blocks.push({ kind: area, box, lines: [] })
  else if (tag === 'ocr_par') blocks.push({ kind: 'text', box, lines: [] })
  else if (lineClasses.has(tag)) {
    const baseline = readBaseline(title, box)
    // In the schema's order, so that a layout that was stored and read back has the same bytes.
    blocks.at(-1)?.lines.push({ box, ...(baseline && { baseline }), words: [] })
  } else if (tag === 'ocrx_word') {
    const confidence = Math.min(100, Math.max(0, Number(/x_wconf (-?[\d.]+)/.exec(title)?.[1] ?? 0))) / 100
    const word: Open<Word> = { text: '', box, confidence, ...(language && { language }) }
    blocks.at(-1)?.lines.at(-1)?.words.push(word)
    return word
  }
  return undefined
}

function readElement(tag: string, attributes: string): Element {
  const attribute = (name: string): string | undefined => {
    const found = new RegExp(` ${name}=(?:'([^']*)'|"([^"]*)")`).exec(attributes)
    return found?.[1] ?? found?.[2]
  }
  return { tag: attribute('class') ?? tag, title: attribute('title') ?? '', language: attribute('lang') }
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

function tidy(block: OpenBlock): Block {
  const lines = block.lines.map((line) => ({
    ...line,
    words: line.words.map((word) => ({ ...word, text: word.text.trim() })).filter((word) => word.text !== ''),
  }))
  return { ...block, lines: lines.filter((line) => line.words.length > 0) }
}

function decodeEntities(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)))
  })
}
