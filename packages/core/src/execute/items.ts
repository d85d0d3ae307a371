import type { PageId } from '../artifact/page-id.ts'
import { formatPageId } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import type { CompiledStep, Domain } from '../pipeline/compiled.ts'
import { depth } from '../pipeline/domains.ts'
import { listItems } from './inputs-of-run.ts'
import { createItem, type Expansion, type Item, type PageIndex, type RunScope } from './scope.ts'

/**
 * The items that open below `parent` in `domain`. With `open: false` nothing is computed: undefined when only computing would tell.
 */
export async function childrenOf(
  scope: RunScope,
  { domain, parent, open }: { domain: Domain; parent: Item; open: boolean },
): Promise<Expansion | undefined> {
  const known = parent.children.get(domain) ?? standIns.get(parent)
  if (known) return known
  const { openedBy } = domain
  if (openedBy === null) return undefined
  if ('input' in openedBy) {
    const items = Promise.resolve({ items: listItems(scope, domain, openedBy.input) })
    parent.children.set(domain, items)
    return items
  }
  if (!open) {
    const found = await scope.knownExpansion(openedBy.step, parent)
    if (found && !parent.children.has(domain)) parent.children.set(domain, Promise.resolve(found))
    return found
  }
  const opened = scope.expand(openedBy.step, parent)
  parent.children.set(domain, opened)
  return opened
}

/** All items of a domain in order, those that could not be opened as one item that is a hole or has failed. */
export async function allItems(scope: RunScope, domain: Domain, options: { open: boolean }): Promise<Item[] | undefined> {
  if (domain.parent === null) return [scope.root]
  const parents = await allItems(scope, domain.parent, options)
  if (!parents) return undefined
  const items: Item[] = []
  for (const parent of parents) {
    const children = await childrenOf(scope, { domain, parent, open: options.open })
    if (!children) return undefined
    items.push(...('items' in children ? children.items : [standIn(domain, parent, children)]))
  }
  return items
}

/** One item in the place of those that an expansion could not give. */
export function standIn(domain: Domain, parent: Item, cell: Exclude<Expansion, { items: unknown }>): Item {
  const item = createItem({ domain, parent, index: 0, page: parent.page, base: async () => cell })
  standIns.set(item, cell)
  return item
}

/** With what each stands for: nothing opens below it either. */
const standIns = new WeakMap<Item, Exclude<Expansion, { items: unknown }>>()

/** The item of `domain` that belongs to the same page as `item`; undefined when that is only known by page id. */
export function itemFor(scope: RunScope, domain: Domain, item: Item): Item | undefined {
  if (domain.parent === null) return scope.root
  return domain === item.domain ? item : undefined
}

/**
 * Like {@link itemFor}, also over another expansion of the same depth: joined by page id, never by position.
 * @throws PAGES_MISMATCH when the two do not have the same pages
 */
export async function joinedItem(scope: RunScope, domain: Domain, item: Item): Promise<Item> {
  const same = itemFor(scope, domain, item)
  if (same) return same
  const [own, other] = await Promise.all([pageIndex(scope, item.domain), pageIndex(scope, domain)])
  const found = other.byPage.get(formatPageId(item.page))
  const alike = own.byPage.size === other.byPage.size || !own.complete || !other.complete
  if (!found || !alike) {
    const counts = `${own.byPage.size} and ${other.byPage.size}`
    throw new ImageDocError('PAGES_MISMATCH', `Two sequences do not have the same pages (${counts}). Join results of the same pages.`)
  }
  item.joined.push(found)
  return found
}

function pageIndex(scope: RunScope, domain: Domain): Promise<PageIndex> {
  const known = scope.pageIndexes.get(domain)
  if (known) return known
  const made = allItems(scope, domain, { open: true }).then((items = []) => ({
    byPage: new Map(items.map((item) => [formatPageId(item.page), item])),
    complete: !items.some((item) => standIns.has(item)),
  }))
  scope.pageIndexes.set(domain, made)
  return made
}

/** The page ids of what an artifact is expanded into: pages of a document first, parts of a page after that. */
export async function pageIdsOf(scope: RunScope, step: CompiledStep, at: { parent: Item; length: number }): Promise<PageId[]> {
  const { parent, length } = at
  const indices = Array.from({ length }, (_, index) => index)
  if (!isPaged(parent.domain)) return indices.map((page) => ({ ...parent.page, page }))
  const offset = parent.page.part === 0 ? 0 : await partsBefore(scope, step, parent)
  return indices.map((index) => ({ ...parent.page, part: offset + index }))
}

/** True when an expansion has already given page numbers above. */
function isPaged(domain: Domain): boolean {
  for (let at: Domain | null = domain; at; at = at.parent) if (at.openedBy && 'step' in at.openedBy) return true
  return false
}

/** How many parts the earlier parts of the same page were expanded into. */
async function partsBefore(scope: RunScope, step: CompiledStep, parent: Item): Promise<number> {
  const siblings = (await allItems(scope, parent.domain, { open: true })) ?? []
  const before = siblings.filter(
    (other) => other.page.position === parent.page.position && other.page.page === parent.page.page && other.page.part < parent.page.part,
  )
  let count = 0
  for (const sibling of before) {
    const children = await childrenOf(scope, { domain: step.domain, parent: sibling, open: true })
    if (children && 'items' in children) count += children.items.length
  }
  return count
}

/** Domains directly below one. */
export function domainsBelow(scope: RunScope, domain: Domain): Domain[] {
  return scope.plan.pipeline.domains.filter((candidate) => candidate.parent === domain && depth(candidate) > 0)
}
