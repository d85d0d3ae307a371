import { type Context, createLayout, type EncodedImage, type Layout, type Sequence, scaleOf } from '@imagedoc/core'

/** The density of a page whose size nothing tells. */
const USUAL_DENSITY = 300
/** Pages whose longest sides differ by no more are taken for pages of one resolution. */
const ONE_RESOLUTION = 1.25
/** Apart by rounding at most. */
const SAME = 1.02

/** What is known of a page before it is written. */
interface Page {
  readonly image: EncodedImage | undefined
  readonly layout: Layout | undefined
}

/** Gives the density, in dots per inch of its picture (of its layout where there is no picture), that a page is written with. */
export type PageDensity = (page: Page) => Promise<number>

/**
 * A page has the density that its image claims where the reader of its words believed it, or the words bear it out. Where they do not, or it claims
 * none, the words decide: those of all pages of about its size, or a title page in large letters would come out smaller than the pages behind it.
 */
export function pageDensity(layouts: Sequence<Layout>, { scale }: Pick<Context, 'scale'>): PageDensity {
  let measured: Promise<Measured[]> | undefined
  return async ({ image, layout }) => {
    const page = image ?? layout ?? { width: 1, height: 1, density: null }
    const zoom = layout ? page.width / layout.width : 1
    const claim = page.density === null ? null : page.density / zoom
    if (claim !== null && isBelieved(claim, layout ?? blank(page), scale)) return claim * zoom
    measured = measured ?? measure(layouts, scale)
    const edge = edgeOf(layout ?? page)
    const alike = (await measured).filter((other) => Math.max(edge / other.edge, other.edge / edge) <= ONE_RESOLUTION)
    return (alike[alike.length >> 1]?.dpi ?? USUAL_DENSITY) * zoom
  }
}

/** Who read the page has judged its claim and told of a doubt: it is not told again. */
function isBelieved(claim: number, layout: Layout, scale: Context['scale']): boolean {
  const { density } = layout
  if (density !== null && Math.max(claim / density, density / claim) < SAME) return true
  return (density === null ? scale : scaleOf)({ ...layout, density: claim })?.from === 'claim'
}

const blank = ({ width, height }: { width: number; height: number }): Layout => createLayout({ width, height, density: null, blocks: [] })

const edgeOf = ({ width, height }: { width: number; height: number }): number => Math.max(width, height)

/** A page as its reader measured it, or by its words: dots per inch, and its longest side in pixels. */
interface Measured {
  readonly dpi: number
  readonly edge: number
}

/** Of all pages that tell, the lowest density first. */
async function measure(layouts: Sequence<Layout>, scale: Context['scale']): Promise<Measured[]> {
  const measured: Measured[] = []
  for (let index = 0; index < layouts.length; index++) {
    if (!layouts.has(index)) continue
    const layout = await layouts.at(index)
    const dpi = layout.density ?? scale(layout)?.dpi
    if (dpi !== undefined) measured.push({ dpi, edge: edgeOf(layout) })
  }
  return measured.sort((a, b) => a.dpi - b.dpi)
}
