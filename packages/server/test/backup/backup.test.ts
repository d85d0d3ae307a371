import { describe, expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { restore } from '../../src/backup/restore.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { fillArchive } from './archive.ts'
import { contentsOf, embedded, freshFolder, openServices } from './stores.ts'

describe('a backup of an embedded installation', () => {
  it('restored into an empty folder has every row and every byte, and is consistent', async () => {
    await using stack = new AsyncDisposableStack()
    const [environment, fresh, to] = [await embedded(stack), await embedded(stack), await freshFolder(stack)]
    const services = stack.use(await openServices(environment))
    await fillArchive(services)
    const before = await contentsOf(services)
    // Beside the server, which has the database.
    const made = await backUp({ environment, to })
    expect(made).toMatchObject({ documents: 3, lost: [] })
    const restored = await restore({ environment: fresh, from: to })
    expect(restored).toMatchObject({ name: made.name, documents: 3, rows: made.rows, copied: made.copied, damaged: [] })
    await using again = await openServices(fresh)
    expect(await contentsOf(again)).toEqual(before)
    await assertConsistent(again)
  })
})
