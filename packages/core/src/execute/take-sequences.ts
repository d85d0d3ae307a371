import { type PageId, pageKey } from '../artifact/page-id.ts'
import type { Binding, CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Item } from './item.ts'

/** The items of a domain, found by page. */
export interface PageIndex {
  readonly size: number
  /** Every expansion above gave its items. */
  readonly complete: boolean
  /** The item of this page; where only another copy of it is there, that. */
  find(page: PageId): Item | undefined
}

export function indexPages(items: readonly Item[]): PageIndex {
  const exact = new Map<string, Item>()
  const anyCopy = new Map<string, Item>()
  for (const item of items) {
    exact.set(pageKey(item.page), item)
    const original = pageKey({ ...item.page, copy: 0 })
    if (!anyCopy.has(original)) anyCopy.set(original, item)
  }
  return {
    size: items.length,
    complete: !items.some((item) => item.missing),
    find: (page) => exact.get(pageKey(page)) ?? anyCopy.get(pageKey({ ...page, copy: 0 })),
  }
}

/** True where one of two domains may lack pages of the other: a step has chosen among them. */
export function mayDiffer(...domains: readonly Domain[]): boolean {
  return domains.some(({ isArranged }) => isArranged)
}

/** What a step takes of a sequence: its items in the order of the step's first sequence. */
export interface TakenItems {
  readonly binding: Binding
  readonly items: readonly Item[]
  /** How many pages the first sequence and this one have where they are not the same pages: then the items are in their own order. */
  readonly mismatch?: readonly [number, number]
}

/** What a step's ports take that take sequences; one that arranges them joins none. Undefined where the items of one are not known. */
export async function takeSequences(
  step: CompiledStep,
  itemsOf: (domain: Domain) => Promise<readonly Item[] | undefined>,
): Promise<TakenItems[] | undefined> {
  const taken: TakenItems[] = []
  let first: TakenItems | undefined
  for (const binding of step.bindings.filter(({ spec }) => spec.many)) {
    const items = await itemsOf(binding.from.domain)
    if (!items) return undefined
    const sequence = { binding, items }
    const isJoined = first && binding.from.domain.parent !== null && !step.operation.arrange
    taken.push(isJoined ? inOrderOf(first as TakenItems, sequence) : sequence)
    if (items.length !== 1 || binding.from.domain.parent !== null) first ??= sequence
  }
  return taken
}

function inOrderOf(first: TakenItems, { binding, items }: TakenItems): TakenItems {
  const index = indexPages(items)
  const found = first.items.flatMap((item) => index.find(item.page) ?? [])
  const isAlike = first.items.length === items.length || mayDiffer(first.binding.from.domain, binding.from.domain)
  if (isAlike && found.length === first.items.length) return { binding, items: found }
  return { binding, items, mismatch: [first.items.length, items.length] }
}
