import { createHash } from 'node:crypto'
import type { IndexDefinition, TableDefinition } from '@imagedoc/core'
import { escapedKey } from './document.ts'
import { KEY_VERSION } from './sort-key.ts'

/** Where rows hold the keys that indexes order by. */
export const SORT = '_sort'

/** Which derived members a row was written with. */
export const SHAPE = '_shape'

/** The member of `SORT` that is last in every index; no field can have this name. */
export const ID = '~id'

/** A declared index: one of MongoDB over the rows' keys, and another one when it is unique. */
export interface IndexLayout extends IndexDefinition {
  readonly name: string
  /** The members of `SORT`, one for each field. */
  readonly keys: readonly string[]
}

/** A table as it stands in the database. */
export interface TableLayout {
  readonly name: string
  readonly indexes: ReadonlyMap<string, IndexLayout>
  /** Names the members that rows must have for these indexes; rows of another shape are brought to it by the migration. */
  readonly shape: string
}

export function layoutOf({ name, indexes }: TableDefinition): TableLayout {
  const layouts = Object.entries(indexes).map(([index, { fields, unique = false }]): [string, IndexLayout] => [
    index,
    { name: index, fields, unique, keys: fields.map(sortMember) },
  ])
  return { name, indexes: new Map(layouts), shape: shapeOf(layouts.map(([, layout]) => layout)) }
}

/** A dot would lead into an object. */
function sortMember(path: string): string {
  return path
    .split('.')
    .map((key) => escapedKey(key).replaceAll('/', '~4'))
    .join('/')
}

function shapeOf(indexes: readonly IndexLayout[]): string {
  const sorted = [...new Set(indexes.flatMap(({ keys }) => keys))].toSorted()
  const unique = indexes.filter((index) => index.unique).map(({ name, keys }) => [name, keys])
  return createHash('sha256')
    .update(JSON.stringify([KEY_VERSION, sorted, unique.toSorted()]))
    .digest('hex')
    .slice(0, 8)
}

/** The fields of MongoDB's index, in their order. */
export function pathsOf({ keys }: IndexLayout): string[] {
  return [...keys, ID].map((key) => `${SORT}.${key}`)
}
