import type { PDFContext, PDFDict, PDFRef } from '@cantoo/pdf-lib'

/** The pages that could be found, and how many more the document points to. */
export interface FoundPages {
  readonly pages: readonly PDFRef[]
  /** References of the page tree that lead nowhere. */
  readonly dangling: number
  /** What the tree itself says how many pages it has; 0 when it says nothing sensible. */
  readonly claimed: number
}

type Lib = typeof import('@cantoo/pdf-lib')

/** PDF 32000-1, table 30: what a page takes from the nodes above it. */
const inherited = ['Resources', 'MediaBox', 'CropBox', 'Rotate']
/** A count beyond is nonsense, not a claim. */
const MOST_CLAIMED = 100_000

interface Node {
  readonly reference: PDFRef
  readonly dictionary: PDFDict
  /** Values that hold for the pages below. */
  readonly above: ReadonlyMap<string, unknown>
}

/**
 * Puts every page that can be reached right under the root of the page tree: deep trees, trees that lead back into themselves, false counts and
 * missing types do not matter then. Where there is no tree, every object that is a page is one, in the order of their numbers.
 */
export function flattenPageTree(lib: Lib, context: PDFContext, catalog: PDFDict): FoundPages {
  const { PDFDict, PDFName, PDFNumber } = lib
  const root = catalog.get(PDFName.of('Pages'))
  const found = walk(lib, context, root)
  const top = context.lookup(root)
  const count = top instanceof PDFDict ? top.lookup(PDFName.of('Count')) : undefined
  const claimed = count instanceof PDFNumber ? count.asNumber() : 0
  // A root without kids is no tree: at best it is one of the pages.
  const isTree = top instanceof PDFDict && top.has(PDFName.of('Kids'))
  const loose = isTree && found.pages.length > 0 ? [] : looseTree(lib, context)
  const pages = loose.length > 0 ? loose : found.pages
  const tree = context.obj({ Type: 'Pages', Count: pages.length, Kids: [...pages] })
  const reference = context.register(tree)
  for (const page of pages) (context.lookup(page) as PDFDict).set(PDFName.of('Parent'), reference)
  catalog.set(PDFName.of('Pages'), reference)
  return { pages, dangling: found.dangling, claimed: claimed > 0 && claimed <= MOST_CLAIMED ? Math.floor(claimed) : 0 }
}

/** Not recursive: a tree may be thousands of nodes deep. */
function walk(lib: Lib, context: PDFContext, root: unknown): { pages: PDFRef[]; dangling: number } {
  const { PDFArray, PDFDict, PDFName, PDFRef } = lib
  const pages: PDFRef[] = []
  let dangling = 0
  const seen = new Set<unknown>()
  const open: { value: unknown; above: ReadonlyMap<string, unknown> }[] = [{ value: root, above: new Map() }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, above } = next
    const target = value instanceof PDFRef ? context.lookup(value) : value
    if (seen.has(target)) continue
    if (target instanceof PDFArray) {
      seen.add(target)
      for (const kid of target.asArray().toReversed()) open.push({ value: kid, above })
    } else if (target instanceof PDFDict) {
      seen.add(target)
      const reference = value instanceof PDFRef ? value : context.register(target)
      const kids = target.get(PDFName.of('Kids'))
      if (kids === undefined) {
        if (isPage(lib, target)) pages.push(inheriting(lib, { reference, dictionary: target, above }))
        else dangling++
      } else open.push({ value: kids, above: handedDown(lib, target, above) })
    } else if (value !== root) dangling++
  }
  return { pages, dangling }
}

/** A page without its type is known by what only pages have. */
function isPage({ PDFName }: Lib, dictionary: PDFDict): boolean {
  const type = dictionary.lookup(PDFName.of('Type'))
  if (type === PDFName.of('Catalog') || type === PDFName.of('Pages')) return false
  return type === PDFName.of('Page') || ['Contents', 'MediaBox', 'Resources'].some((key) => dictionary.has(PDFName.of(key)))
}

function handedDown({ PDFName }: Lib, node: PDFDict, above: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const own = inherited.flatMap((key) => {
    const value = node.get(PDFName.of(key))
    return value === undefined ? [] : [[key, value] as const]
  })
  return own.length === 0 ? above : new Map([...above, ...own])
}

function inheriting({ PDFName }: Lib, { reference, dictionary, above }: Node): PDFRef {
  dictionary.set(PDFName.of('Type'), PDFName.of('Page'))
  for (const [key, value] of above) if (!dictionary.has(PDFName.of(key))) dictionary.set(PDFName.of(key), value as never)
  return reference
}

function looseTree({ PDFDict, PDFName }: Lib, context: PDFContext): PDFRef[] {
  return context
    .enumerateIndirectObjects()
    .filter(([, object]) => object instanceof PDFDict && object.lookup(PDFName.of('Type')) === PDFName.of('Page'))
    .map(([reference]) => reference)
}
