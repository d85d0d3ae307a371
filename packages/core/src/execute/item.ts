import type { PageId } from '../artifact/page-id.ts'
import type { CompiledInput, CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Made, Missing } from './made.ts'
import type { Cell } from './run-artifact.ts'

/** What gives an artifact: the step or input, and the page. */
export interface Giver {
  readonly from: CompiledStep | CompiledInput
  readonly item: Item
}

/** One page of a domain, with all that is known of it so far; the root has exactly one. */
export interface Item {
  readonly domain: Domain
  readonly parent: Item | null
  readonly index: number
  /** How many there are with it: the items of one expansion, or of a list of inputs. */
  readonly total: number
  readonly page: PageId
  /** The artifact that opened it, made when it is first asked for: an item of an expansion or of a list of inputs. Null in the root. */
  readonly base: (() => Promise<Cell>) | null
  /** The same, if somebody has asked for it. */
  readonly asked: () => Promise<Cell> | undefined
  /** What it is in the sequence that a step arranged it from; null where no step did. */
  readonly handedOn: Giver | null
  /** Why it has no artifact: it stands in the place of all items that an expansion could not give. */
  readonly missing: Missing | null
  /** Results of steps for this page; in the root also the single inputs. */
  readonly cells: Map<CompiledStep | CompiledInput, Promise<Cell>>
  /** Expected keys of steps for this page; undefined while the pages above are not known. */
  readonly keys: Map<CompiledStep, Promise<string | undefined>>
  /** The items of the domains that open below it. */
  readonly children: Map<Domain, Promise<Made<readonly Item[]>>>
  /** Results of this page that are still being written; one rejects only when the run's own record could not be. */
  readonly pending: Promise<unknown>[]
  /** Items of other domains that this page was joined with, and the one that it was handed on from. */
  readonly joined: Item[]
}

export function createItem(
  parts: Pick<Item, 'domain' | 'parent' | 'index' | 'total' | 'page'> & {
    make?: () => Promise<Cell>
    missing?: Missing | null
    handedOn?: Giver
  },
): Item {
  const { make, missing = null, handedOn = null, ...place } = parts
  let cell: Promise<Cell> | undefined
  const base = (): Promise<Cell> => {
    cell ??= make?.() ?? Promise.resolve(missing as Missing)
    return cell
  }
  const isRoot = !make && !missing
  return {
    ...place,
    base: isRoot ? null : base,
    asked: () => cell,
    handedOn,
    missing,
    cells: new Map(),
    keys: new Map(),
    children: new Map(),
    pending: [],
    joined: handedOn?.item.parent ? [handedOn.item] : [],
  }
}

/** Gives the items below one; undefined where they are not known. */
type ChildrenOf = (domain: Domain, parent: Item) => Promise<Made<readonly Item[]> | undefined> | undefined

/** All items of a domain in order, those that could not be opened as one item that says why. Undefined where some are not known. */
export async function itemsIn(domain: Domain, root: Item, childrenOf: ChildrenOf): Promise<Item[] | undefined> {
  if (domain.parent === null) return [root]
  const parents = await itemsIn(domain.parent, root, childrenOf)
  if (!parents) return undefined
  const items: Item[] = []
  for (const parent of parents) {
    const children = parent.missing ?? (await childrenOf(domain, parent))
    if (!children) return undefined
    if (children.type === 'done') items.push(...children.value)
    else items.push(createItem({ domain, parent, index: 0, total: 1, page: parent.page, missing: children }))
  }
  return items
}

/** The items of a domain as far as they have been opened by now. */
export function openedItems(domain: Domain, root: Item): Promise<Item[] | undefined> {
  return itemsIn(domain, root, (below, parent) => parent.children.get(below))
}

/** A page with all pages of other domains that were needed because of it. Those that were joined both ways lead back to each other. */
export function withJoined(item: Item, found = new Set<Item>()): ReadonlySet<Item> {
  found.add(item)
  for (const other of item.joined) if (!found.has(other)) withJoined(other, found)
  return found
}

/** What really gives an artifact that steps may only have handed on. */
export function giverOf(from: Giver['from'], item: Item): Giver {
  let at: Giver = { from, item }
  while (at.from.type === 'step' && at.from.operation.arrange && at.item.handedOn) at = at.item.handedOn
  return at
}

/** The item of `domain` that belongs to the same page as `item`; undefined when that is only known by page id. */
export function itemFor(domain: Domain, item: Item): Item | undefined {
  if (domain === item.domain) return item
  if (domain.parent !== null) return undefined
  let root = item
  while (root.parent) root = root.parent
  return root
}
