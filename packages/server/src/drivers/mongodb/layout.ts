import { createHash } from 'node:crypto'
import type { IndexDefinition, TableDefinition } from '@imagedoc/core'
import { escapedKey, SORT } from './document.ts'
import { KEY_VERSION } from './sort-key.ts'

/** The member that is last in every index; no field can have this name. */
export const ID_KEY = `${SORT}~id`

/** A declared index: one of MongoDB over the rows' keys, and another one when it is unique. */
export interface IndexLayout extends IndexDefinition {
  readonly name: string
  /** The members that it orders by, one for each field. MongoDB's index has `ID_KEY` behind them. */
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

/** Beside the row's own members: an index over members of one object is read in its order by MongoDB alone. */
function sortMember(path: string): string {
  const keys = path.split('.').map((key) => escapedKey(key).replaceAll('/', '~4'))
  return SORT + keys.join('/')
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
export const pathsOf = ({ keys }: IndexLayout): string[] => [...keys, ID_KEY]
