import sharp from 'sharp'
import { type Drawing, difference } from './compare.ts'
import type { Reading } from './readers.ts'

/** From this share of a page on a difference is one that a person sees: a word of small letters on a page of 100 dpi. */
export const VISIBLE = 0.001

/** `same`: as one of the two others shows it, or both. */
export type Verdict = 'same' | 'differs' | 'readers-differ' | 'missing' | 'more' | 'refused'

/** A page of one file, as three readers show it. */
export interface Judged {
  readonly file: string
  readonly page: number
  readonly verdict: Verdict
  /** Shares of the page: ours to poppler, ours to MuPDF, poppler to MuPDF; null where one of them has no page. */
  readonly shares: readonly [number | null, number | null, number | null]
  /** What ours said of the file. */
  readonly said: readonly string[]
  readonly drawings: readonly (Drawing | undefined)[]
}

/** Every page that any of the readers shows. */
export async function judge(file: string, [ours, poppler, mupdf]: readonly [Reading, Reading, Reading]): Promise<Judged[]> {
  const count = Math.max(ours.pages.length, poppler.pages.length, mupdf.pages.length, 1)
  const judged: Judged[] = []
  for (let index = 0; index < count; index++) {
    const drawings = await sameSize([ours, poppler, mupdf].map(({ pages }) => pages[index]))
    const [one, two, three] = drawings
    const share = (a: Drawing | undefined, b: Drawing | undefined): number | null => (a && b ? difference(a, b) : null)
    const shares = [share(one, two), share(one, three), share(two, three)] as const
    const said = ours.refused ? [...ours.said, ours.refused] : ours.said
    judged.push({
      file,
      page: index + 1,
      verdict: verdictOf({ shares, drawings, refused: ours.refused !== undefined }),
      shares,
      said,
      drawings,
    })
  }
  return judged
}

function verdictOf({
  shares: [toPoppler, toMupdf, others],
  drawings,
  refused,
}: Pick<Judged, 'shares' | 'drawings'> & { refused: boolean }): Verdict {
  const [one, two, three] = drawings
  if (one === undefined) return two && three ? 'missing' : refused ? 'refused' : 'missing'
  if (two === undefined && three === undefined) return 'more'
  const seen = (share: number | null): boolean => share !== null && share > VISIBLE
  if (!seen(toPoppler) || !seen(toMupdf))
    return (toPoppler !== null && !seen(toPoppler)) || (toMupdf !== null && !seen(toMupdf)) ? 'same' : 'differs'
  return seen(others) ? 'readers-differ' : 'differs'
}

/** Readers round a page's size up, down or to the nearest; ours comes finer where the page is a scan. */
async function sameSize(drawings: readonly (Drawing | undefined)[]): Promise<(Drawing | undefined)[]> {
  const model = drawings[1] ?? drawings[2] ?? drawings[0]
  return Promise.all(drawings.map((drawing) => (drawing && model ? resized(drawing, model) : drawing)))
}

async function resized({ data, width, height }: Drawing, to: Drawing): Promise<Drawing> {
  if (width === to.width && height === to.height) return { data, width, height }
  const raw = { width, height, channels: 3 as const }
  const small = await sharp(data, { raw, limitInputPixels: false }).resize(to.width, to.height, { fit: 'fill' }).raw().toBuffer()
  return { width: to.width, height: to.height, data: new Uint8Array(small) }
}

/** Ours, poppler's and MuPDF's beside each other, as one PNG. */
export async function sideBySide(drawings: readonly (Drawing | undefined)[]): Promise<Uint8Array> {
  const model = drawings.find((drawing) => drawing !== undefined)
  const [width, height] = [model?.width ?? 1, model?.height ?? 1]
  const images = drawings.flatMap((drawing, index) =>
    drawing ? [{ input: Buffer.from(drawing.data), raw: { width, height, channels: 3 as const }, left: index * (width + 4), top: 0 }] : [],
  )
  const canvas = { width: drawings.length * (width + 4), height, channels: 3 as const, background: '#888' }
  return new Uint8Array(await sharp({ create: canvas, limitInputPixels: false }).composite(images).png().toBuffer())
}
