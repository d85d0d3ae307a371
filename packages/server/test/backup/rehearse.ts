import { setTimeout as wait } from 'node:timers/promises'
import { digestOf } from '@imagedoc/core'
import { createRandom } from '@imagedoc/fixtures'
import { type BackupSummary, backUp } from '../../src/backup/backup.ts'
import { verifyBackup } from '../../src/backup/look.ts'
import { type RestoreSummary, restore } from '../../src/backup/restore.ts'
import type { Services } from '../../src/services.ts'
import { createKilledServer } from '../kill/killed-server.ts'
import { addPeople, makeFiles, onStore } from '../kill/people.ts'
import { createRemote } from '../kill/remote.ts'
import { type Accepted, nothingAccepted, workOn } from '../kill/user-at-work.ts'
import { problemsIn } from '../support/assert-consistent.ts'

export interface RehearsalOptions {
  readonly seed: number
  readonly backups: number
  readonly users: number
  /** Of work before each backup. */
  readonly loadMs: number
  /** For each row and file: so that a small archive takes as long as a large one, and the server changes much of it meanwhile. */
  readonly pauseMs: number
  /** Variables of the server that is backed up. */
  readonly from: Record<string, string>
  /** Where the backups go. */
  readonly place: string
  /** Variables of an empty installation for each backup. */
  readonly into: () => Promise<Record<string, string>>
  readonly log?: (line: string) => void
}

/** What a server had accepted when a backup of it began, and what was to be purged when the backup ended. */
interface Taken {
  readonly summary: BackupSummary
  readonly documents: ReadonlyMap<string, Uint8Array>
  readonly runs: ReadonlySet<string>
  readonly purged: ReadonlySet<string>
}

/**
 * Backs a server up again and again while users work on it, restores each backup into an empty installation, and lets the last one do what was left to do.
 * @returns what must not be
 */
export async function rehearse(options: RehearsalOptions): Promise<string[]> {
  const { seed, from, place, log = () => undefined } = options
  const random = createRandom(seed)
  const server = createKilledServer(from)
  const accepted = nothingAccepted()
  const taken: Taken[] = []
  try {
    const files = await makeFiles(random.fork('files'))
    const people = await onStore(from, (services) => addPeople(services, { count: options.users, files, accepted, documents: 40 }))
    await server.start()
    const stop = new AbortController()
    const work = Promise.all(
      people.map(({ token, collections }, i) => {
        const at = { user: token, remote: createRemote(server, token), random: random.fork(`user ${i}`), files, collections, accepted }
        return workOn(at, stop.signal)
      }),
    )
    // Its end is looked at below, and before that it may fail.
    work.catch(() => undefined)
    for (let i = 0; i < options.backups; i++) {
      await Promise.race([wait(options.loadMs), work])
      const [documents, runs] = [new Map(accepted.documents), new Set(accepted.runs)]
      const summary = await backUp({ environment: from, to: place, onProgress: () => pause(options.pauseMs) })
      taken.push({ summary, documents, runs, purged: new Set(accepted.purged) })
      log(`backup ${i}: ${summary.documents} documents, ${summary.rows} rows, ${summary.copied} files copied, ${summary.there} there`)
    }
    stop.abort()
    await work
    await server.stop()
  } finally {
    await server.kill()
  }
  const problems: string[] = []
  for (const [i, backup] of taken.entries()) {
    const found = await restored(backup, { ...options, accepted, isLast: i === taken.length - 1 })
    problems.push(...found.map((problem) => `backup ${i}: ${problem}`))
  }
  return problems
}

/** Holds up this process, and not the server. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function restored(
  { summary, ...taken }: Taken,
  { place, into, accepted, isLast, log = () => undefined }: RehearsalOptions & { accepted: Accepted; isLast: boolean },
): Promise<string[]> {
  const environment = await into()
  const { damaged, lost } = await verifyBackup({ environment, from: place, backup: summary.name })
  const back = await restore({ environment, from: place, backup: summary.name })
  log(`restored ${summary.name}: ${told(back)}`)
  return await onStore(environment, async (services) => [
    ...damaged.map((digest) => `${digest} is damaged`),
    ...lost.map(({ document, digest, why }) => `${digest} of document ${document} was ${why}`),
    ...(await problemsIn(services)),
    ...(await missing(services, taken, accepted)),
    ...(isLast ? await goesOn(services) : []),
  ])
}

const told = ({ documents, rows, leftOut }: RestoreSummary): string =>
  `${documents} documents, ${rows} rows; left out: ${JSON.stringify(leftOut)}`

/** What was there when the backup began, and nobody had asked to purge when it ended. */
async function missing(
  { tables }: Services,
  { documents, runs, purged }: Omit<Taken, 'summary'>,
  { documentOf }: Accepted,
): Promise<string[]> {
  const problems: string[] = []
  for (const [id, bytes] of documents) {
    const row = await tables.documents.get(id)
    if (!row && !purged.has(id)) problems.push(`document ${id} is not there`)
    if (row && row.original.digest !== digestOf(bytes)) problems.push(`document ${id} is not what was uploaded`)
  }
  for (const id of runs) {
    const isPurged = purged.has(documentOf.get(id) ?? '') || purged.has(id)
    if (!isPurged && !(await tables.runs.get(id))) problems.push(`run ${id} is not there`)
  }
  return problems
}

/** Ends what was queued, under way or not made yet. */
async function goesOn(services: Services): Promise<string[]> {
  const { batches, runs } = services.tables
  await using _runner = await services.runner.start({ work: { concurrency: 2 } })
  const left = async (): Promise<number> =>
    (await batches.count('by_complete', [false])) + (await runs.count('by_state', ['queued'])) + (await runs.count('by_state', ['running']))
  while ((await left()) > 0) await wait(50)
  for (let attempt = 0; ; attempt++) {
    const problems = await problemsIn(services)
    // What a run leaves behind is let go of after its end.
    if (problems.length === 0 || attempt === 100) return problems
    await wait(50)
  }
}
