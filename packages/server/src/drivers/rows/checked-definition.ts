import { ImageDocError, type TableDefinition } from '@imagedoc/core'

/** Lower case, because SQLite takes `Users` and `users` for one table; 40 characters, so that MongoDB's names have room for a prefix. */
const NAME = /^[a-z][a-z0-9_]{0,39}$/

/** @throws INVALID_CONFIG for a name that a driver could not use, an index without fields or one that names a field twice */
export function assertDefinition(definition: TableDefinition): void {
  assertName(definition.name, 'table')
  for (const [name, { fields }] of Object.entries(definition.indexes)) {
    assertName(name, `index of ${definition.name}`)
    const wrong = fields.length === 0 || new Set(fields).size < fields.length || fields.some((path) => path.split('.').includes(''))
    if (wrong) {
      throw new ImageDocError('INVALID_CONFIG', `The index ${name} of ${definition.name} must name different fields by dotted paths.`)
    }
  }
}

function assertName(name: string, what: string): void {
  // SQLite keeps names with this beginning for itself.
  if (NAME.test(name) && !name.startsWith('sqlite_')) return
  throw new ImageDocError('INVALID_CONFIG', `"${name}" cannot be the name of a ${what}: it must match ${NAME.source}.`)
}
