import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { digestOf } from '@imagedoc/core'
import { createRandom } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { verifyBackup } from '../../src/backup/look.ts'
import { restore } from '../../src/backup/restore.ts'
import type { Services } from '../../src/services.ts'
import { createKilledServer } from '../kill/killed-server.ts'
import { addPeople, makeFiles, onStore } from '../kill/people.ts'
import { createRemote } from '../kill/remote.ts'
import { nothingAccepted, workOn } from '../kill/user-at-work.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { openServices } from './stores.ts'

/** A failure is repeated with its seed, as far as two processes can. */
const seed = 20_261_201
const BACKUPS = 3
const LOAD_MS = 1500

/** What was queued or under way in the backup, and what batches had not made yet. */
async function allEnded({ tables }: Services): Promise<void> {
  const isOver = async (): Promise<boolean> =>
    (await tables.batches.count('by_complete', [false])) + (await tables.runs.count('by_state', ['queued'])) === 0 &&
    (await tables.runs.count('by_state', ['running'])) === 0
  while (!(await isOver())) await wait(50)
}

it(`${BACKUPS} backups of a server at work, each restored, are consistent and have what was there when they began`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-rehearsal-'))
  const [data, to] = [join(folder, 'data'), join(folder, 'backup')]
  const random = createRandom(seed)
  const server = createKilledServer(data)
  const accepted = nothingAccepted()
  try {
    const files = await makeFiles(random.fork('files'))
    const people = await onStore(data, (services) => addPeople(services, { count: 2, files, accepted }))
    await server.start()
    const stop = new AbortController()
    const work = Promise.all(
      people.map(({ token, collections }, i) =>
        workOn(
          { user: token, remote: createRemote(server, token), random: random.fork(`user ${i}`), files, collections, accepted },
          stop.signal,
        ),
      ),
    )
    work.catch(() => undefined)
    const taken: { name: string; documents: Map<string, Uint8Array>; runs: Set<string>; purged: Set<string> }[] = []
    for (let i = 0; i < BACKUPS; i++) {
      await Promise.race([wait(LOAD_MS), work])
      const [documents, runs] = [new Map(accepted.documents), new Set(accepted.runs)]
      const made = await backUp({ environment: { IMAGEDOC_DATA: data }, to })
      expect(made.lost).toEqual([])
      taken.push({ name: made.name, documents, runs, purged: new Set(accepted.purged) })
    }
    stop.abort()
    await work
    await server.stop()
    for (const [i, { name, documents, runs, purged }] of taken.entries()) {
      const environment = { IMAGEDOC_DATA: join(folder, `restored-${i}`), IMAGEDOC_LOG: 'silent' }
      expect(await verifyBackup({ environment, from: to, backup: name })).toMatchObject({ damaged: [], lost: [] })
      await restore({ environment, from: to, backup: name })
      await using services = await openServices(environment)
      await assertConsistent(services)
      for (const [id, bytes] of documents) {
        const row = await services.tables.documents.get(id)
        if (row || !purged.has(id)) expect(row?.original.digest, `document ${id} in backup ${i}`).toBe(digestOf(bytes))
      }
      for (const id of runs) {
        const isPurged = purged.has(accepted.documentOf.get(id) ?? '') || purged.has(id)
        if (!isPurged) expect(await services.tables.runs.get(id), `run ${id} in backup ${i}`).toBeDefined()
      }
      if (i < BACKUPS - 1) continue
      await using _runner = await services.runner.start({ work: { concurrency: 2 } })
      await allEnded(services)
      await assertConsistent(services, { settleMs: 10_000 })
    }
  } finally {
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
