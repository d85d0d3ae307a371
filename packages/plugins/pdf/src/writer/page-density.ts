import type { Context, EncodedImage, Layout, Sequence } from '@imagedoc/core'

/** The density of a page whose size nothing tells. */
const USUAL_DENSITY = 300
/** Pages whose longest sides differ by no more are taken for pages of one resolution. */
const ONE_RESOLUTION = 1.25

/** What is known of a page before it is written. */
interface Page {
  readonly image: EncodedImage | undefined
  readonly layout: Layout | undefined
}

/** Gives the density, in dots per inch of its picture (of its layout where there is no picture), that a page is written with. */
export type PageDensity = (page: Page) => Promise<number>

/**
 * A page has the density that its image claims where its words bear that out. Where they do not, or it claims none, the words decide: those of all
 * pages of about its size, or a title page in large letters would come out smaller than the pages behind it.
 */
export function pageDensity(layouts: Sequence<Layout>, { scale }: Pick<Context, 'scale'>): PageDensity {
  let measured: Promise<Measured[]> | undefined
  return async ({ image, layout }) => {
    const page = image ?? layout ?? { width: 1, height: 1, density: null }
    const zoom = layout ? page.width / layout.width : 1
    const claim = page.density === null ? null : page.density / zoom
    const found = scale({ ...(layout ?? blank(page)), density: claim })
    if (found?.from === 'claim') return found.dpi * zoom
    measured = measured ?? measure(layouts, scale)
    const edge = edgeOf(layout ?? page)
    const alike = (await measured).filter((other) => Math.max(edge / other.edge, other.edge / edge) <= ONE_RESOLUTION)
    return (alike[alike.length >> 1]?.dpi ?? layout?.density ?? USUAL_DENSITY) * zoom
  }
}

const blank = ({ width, height }: { width: number; height: number }): Layout => ({
  schemaVersion: 1,
  width,
  height,
  density: null,
  blocks: [],
})

const edgeOf = ({ width, height }: { width: number; height: number }): number => Math.max(width, height)

/** A page by its words: dots per inch, and its longest side in pixels. */
interface Measured {
  readonly dpi: number
  readonly edge: number
}

/** Of all pages with words, the lowest density first. */
async function measure(layouts: Sequence<Layout>, scale: Context['scale']): Promise<Measured[]> {
  const measured: Measured[] = []
  for (let index = 0; index < layouts.length; index++) {
    if (!layouts.has(index)) continue
    const layout = await layouts.at(index)
    const found = scale({ ...layout, density: null })
    if (found) measured.push({ dpi: found.dpi, edge: edgeOf(layout) })
  }
  return measured.sort((a, b) => a.dpi - b.dpi)
}
