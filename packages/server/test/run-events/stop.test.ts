import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { newId } from '../../src/records/id.ts'
import { openTables } from '../../src/records/tables.ts'
import { createServer } from '../../src/server.ts'
import { addRun } from '../support/archive.ts'
import { addUser } from '../support/test-server.ts'

it('a server that stops waits for nobody who follows a run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-stop-'))
  try {
    await using store = createSqliteMetadataStore({ path: join(folder, 'imagedoc.sqlite') })
    const settings = { port: 0, host: '127.0.0.1', dataFolder: join(folder, 'data'), logLevel: 'silent' as const }
    const server = await createServer({ environment: {}, settings, drivers: { store } })
    const tables = await openTables(store)
    const user = await addUser({ tables })
    const { _id: id } = await addRun(
      { tables },
      { user_id: user.id, collection_id: newId(), state: 'cancelled', ended_at: new Date(Date.now() + 60_000) },
    )
    const address = `${server.url}/trpc/runs.events?input=${encodeURIComponent(JSON.stringify({ id }))}`
    const { body } = await fetch(address, { headers: { Authorization: `Bearer ${user.token}` } })
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('event: connected')
    const began = performance.now()
    await server[Symbol.asyncDispose]()
    // Requests under way would be given 10 s.
    expect(performance.now() - began).toBeLessThan(2000)
    for (let next = await reader.read(); !next.done; next = await reader.read());
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
