import type { Layout } from './layout.ts'
import { innerParts, type Part, withInner } from './parts.ts'

/** A layout, or a part of one, whose parts may lack their ids. */
export type LayoutDraft<Value = Omit<Layout, 'schemaVersion'>> = Value extends readonly number[]
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly LayoutDraft<Item>[]
    : Value extends object
      ? { [Key in keyof Value as Key extends 'id' ? never : Key]: LayoutDraft<Value[Key]> } & (Value extends { id: string }
          ? { readonly id?: string | undefined }
          : unknown)
      : Value

/**
 * A layout of the current version. Parts without an id get one by where they stand (`b2l1w3` is the third word of the first line of the second
 * block), the same each time; ids that are given stay.
 * @example
 * const box = [10, 10, 90, 30] as const
 * createLayout({ width: 100, height: 50, density: 300, blocks: [{ kind: 'paragraph', box, lines: [{ box, text: 'Lisboa' }] }] })
 */
export function createLayout(draft: LayoutDraft): Layout {
  const taken = new Set<string>()
  collect(draft as Part, taken)
  const named = name(draft as Part, '', taken) as unknown as Omit<Layout, 'schemaVersion'>
  return { ...named, schemaVersion: 2 }
}

function collect(part: Part, taken: Set<string>): void {
  for (const { inner } of innerParts(part)) {
    if (inner.id !== undefined) taken.add(inner.id)
    collect(inner, taken)
  }
}

function name(part: Part, prefix: string, taken: Set<string>): Part {
  return withInner(part, (inner, place) => {
    const id = inner.id ?? free(`${prefix}${place}`, taken)
    // A row of a table has no id; what stands in it is named by it all the same.
    const isRow = inner.cells !== undefined
    return name(isRow ? inner : { id, ...inner }, id, taken)
  })
}

/** `b2`, or where a part that was there before has that name, `b2-2`. */
function free(wanted: string, taken: Set<string>): string {
  let id = wanted
  for (let next = 2; taken.has(id); next++) id = `${wanted}-${next}`
  taken.add(id)
  return id
}
