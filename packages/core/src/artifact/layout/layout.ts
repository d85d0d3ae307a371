import type { Box } from '../matrix.ts'

/** The side on which reading begins within a line. In vertical lines `ltr` is top to bottom. */
export type Direction = 'ltr' | 'rtl'
/** How lines lie and follow each other, in the words of CSS: lines from top to bottom, or vertical ones from right to left or from left to right. */
export type WritingMode = 'horizontal-tb' | 'vertical-rl' | 'vertical-lr'
/** What made the letters: a printing press or printer, a typewriter, a hand. */
export type Hand = 'print' | 'typewriter' | 'hand'

/** How letters look. What is left out is not known. */
export interface TextStyle {
  readonly bold?: boolean | undefined
  readonly italic?: boolean | undefined
  readonly underline?: boolean | undefined
  readonly strikethrough?: boolean | undefined
  readonly superscript?: boolean | undefined
  readonly subscript?: boolean | undefined
  readonly smallCaps?: boolean | undefined
  /** Letters set apart for emphasis. */
  readonly spaced?: boolean | undefined
  readonly monospace?: boolean | undefined
  readonly serif?: boolean | undefined
  /** Light letters on dark ground. */
  readonly reversed?: boolean | undefined
  /** Family of the font, as whoever read it calls it. */
  readonly font?: string | undefined
  /** In points. */
  readonly size?: number | undefined
  /** `#rrggbb`. */
  readonly color?: string | undefined
}

/** What may be said of a page and of every part of it. A part that leaves one out has it from what it is in: a word from its line, that from its block, that from the page. */
export interface TextTraits {
  /** A BCP 47 tag or an ISO 639 code, as the engine that read it names it. @default unknown */
  readonly language?: string | undefined
  /** Four letters of ISO 15924: `Latn`, `Latf` for Fraktur, `Arab`. @default unknown */
  readonly script?: string | undefined
  /** @default 'ltr' */
  readonly direction?: Direction | undefined
  /** @default unknown */
  readonly hand?: Hand | undefined
  /** Each member counts by itself: a word that is bold has the size of its line. */
  readonly style?: TextStyle | undefined
}

/** What may be said of a page, a block and a line, but not of a word. */
export interface LineTraits extends TextTraits {
  /** @default 'horizontal-tb' */
  readonly writingMode?: WritingMode | undefined
  /** Degrees clockwise by which the text is turned against the page. @default 0 */
  readonly angle?: number | undefined
}

/** A part of the page. Boxes, polygons and base lines are in pixels of the page that was read: origin top left, y down. */
export interface Placed {
  /** Names the part within its page and stays its name when others are added, removed or moved: letters, digits, `_`, `-` and `.`, no digit first. */
  readonly id: string
  readonly box: Box
  /** Its outline `[x, y, x, y, …]`, three points at least. @default the box */
  readonly polygon?: readonly number[] | undefined
}

/** What a text may be as well, the likeliest first. */
export interface Alternative {
  readonly text: string
  /** 0 to 1. */
  readonly confidence?: number | undefined
  /** What it is for where it is more than another guess, for example `long-s` or `modern`. */
  readonly purpose?: string | undefined
}

/** A word in its box. */
export interface Word extends Placed, TextTraits {
  readonly text: string
  /** 0 to 1. @default unknown */
  readonly confidence?: number | undefined
  readonly alternatives?: readonly Alternative[] | undefined
}

/** A line: words, or a text of its own where the reader tells no words apart, or both. A line with neither was found, but not read. */
export interface Line extends Placed, LineTraits {
  /** What the letters stand on, a polyline `[x, y, x, y, …]` in reading order, two points at least. @default unknown */
  readonly baseline?: readonly number[] | undefined
  /** Counts before the words. Left out where the words, joined, are the text: {@link lineText} gives either. */
  readonly text?: string | undefined
  /** Of `text`, 0 to 1. @default unknown */
  readonly confidence?: number | undefined
  /** Of the whole line. */
  readonly alternatives?: readonly Alternative[] | undefined
  /** In reading order. */
  readonly words?: readonly Word[] | undefined
}

/** What every block has. */
interface BlockTraits extends Placed, LineTraits {
  /** How sure it is that the block is of its kind and that it stands at its place in the order, 0 to 1. @default unknown */
  readonly confidence?: number | undefined
  /** What the engine or the file that it came from calls it, where `kind` says less: `drop-capital`, `MusicRegion`. */
  readonly label?: string | undefined
  readonly align?: 'left' | 'right' | 'center' | 'justify' | undefined
  /** The id of the block that this one is of: of a caption its picture, of a note what it is on. */
  readonly belongsTo?: string | undefined
  /** The id of the block whose text goes on in this one, for example in the next column. */
  readonly continues?: string | undefined
}

/**
 * A block of lines. `running-head` is also what stands below the text; `verse` has line ends that count.
 * A text block of no other kind is a `paragraph`.
 */
export interface TextBlock extends BlockTraits {
  readonly kind: 'paragraph' | 'verse' | 'caption' | 'running-head' | 'page-number' | 'footnote' | 'marginalia'
  readonly lines: readonly Line[]
}

/** A heading. */
export interface HeadingBlock extends BlockTraits {
  readonly kind: 'heading'
  /** 1 to 6, 1 is the highest. @default unknown */
  readonly level?: number | undefined
  readonly lines: readonly Line[]
}

/** An entry of a list. */
export interface ListItem extends Placed {
  /** How deep it stands: 1 is the outermost. @default 1 */
  readonly level?: number | undefined
  /** The number or sign before it, which its first line has too. */
  readonly marker?: string | undefined
  readonly lines: readonly Line[]
}

/** A list. */
export interface ListBlock extends BlockTraits {
  readonly kind: 'list'
  readonly items: readonly ListItem[]
}

/** A cell of a table. */
export interface TableCell extends Placed {
  /** The first column that it stands in, from 0. */
  readonly column: number
  /** @default 1 */
  readonly columnSpan?: number | undefined
  /** @default 1 */
  readonly rowSpan?: number | undefined
  /** Whether it is the head of its column or row. @default false */
  readonly header?: boolean | undefined
  readonly lines: readonly Line[]
}

/** A row of a table: the cells that begin in it, by column. */
export interface TableRow {
  readonly cells: readonly TableCell[]
}

/** A table: its rows, and the lines in it that are in no cell, all of them where no cells are known. */
export interface TableBlock extends BlockTraits {
  readonly kind: 'table'
  readonly rows: readonly TableRow[]
  readonly lines: readonly Line[]
}

/** A picture, or a stamp or seal, with what was read in it. */
export interface PictureBlock extends BlockTraits {
  readonly kind: 'picture' | 'stamp'
  readonly lines: readonly Line[]
}

/** A rule or an ornament between two parts. */
export interface SeparatorBlock extends BlockTraits {
  readonly kind: 'separator'
}

/** A part of the page, told apart by its `kind`. */
export type Block = TextBlock | HeadingBlock | ListBlock | TableBlock | PictureBlock | SeparatorBlock

/**
 * What `layout` ports take and give: one recognised page. `createLayout` makes one, `parseLayout` reads one of any version, `linesOf` and `lineText`
 * go through it, `mapLayout` moves it to another grid.
 */
export interface Layout extends LineTraits {
  readonly schemaVersion: 2
  /** In pixels, as all coordinates. */
  readonly width: number
  readonly height: number
  /** Dots per inch of the page that was read, as far as the reader could tell; null when unknown. */
  readonly density: number | null
  /** In reading order. */
  readonly blocks: readonly Block[]
}
