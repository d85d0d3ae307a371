import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRandom } from '@imagedoc/fixtures'
import type { Services } from '../../src/services.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { acceptedProblems } from './accepted-problems.ts'
import { createKilledServer } from './killed-server.ts'
import { addPeople, makeFiles, onStore } from './people.ts'
import { createRemote, type Remote } from './remote.ts'
import { type Accepted, nothingAccepted, workOn } from './user-at-work.ts'

export interface KillOptions {
  readonly seed: number
  readonly kills: number
  readonly users: number
  /** A server lives so long after it has started, and on a busy machine until its users have got on: a kill in which nothing is under way shows nothing. */
  readonly livesMs: readonly [least: number, most: number]
  /** All runs must have ended by then after the last start. */
  readonly settleMs: number
  readonly log?: (line: string) => void
}

/** What went on while the server was killed. */
export interface KillReport {
  readonly kills: number
  readonly documents: number
  readonly runs: number
  readonly batches: number
  /** Runs by the state in which they ended, those of batches among them. */
  readonly states: Readonly<Record<string, number>>
  /** Failures by their code. */
  readonly failures: Readonly<Record<string, number>>
  readonly mostAttempts: number
  /** How often the server said no, by what it said. */
  readonly refusals: Readonly<Record<string, number>>
  readonly ms: number
  /** What must not be. */
  readonly problems: readonly string[]
}

/** Kills a working server again and again, and sees what has become of everything that it had accepted. */
export async function killAgain(options: KillOptions): Promise<KillReport> {
  const { seed, kills, log = () => undefined } = options
  const begun = Date.now()
  const dataFolder = await mkdtemp(join(tmpdir(), 'imagedoc-kill-'))
  const random = createRandom(seed)
  const variables = { IMAGEDOC_DATA: dataFolder }
  const server = createKilledServer(variables)
  const accepted = nothingAccepted()
  try {
    const files = await makeFiles(random.fork('files'))
    const people = await onStore(variables, (services) => addPeople(services, { count: options.users, files, accepted }))
    const remotes = people.map(({ token }) => createRemote(server, token))
    const stop = new AbortController()
    await server.start()
    const work = Promise.all(
      people.map(({ token, collections }, i) =>
        workOn({ user: token, remote: remotes[i] as Remote, random: random.fork(`user ${i}`), files, collections, accepted }, stop.signal),
      ),
    )
    // Its end is looked at below, and before that it may fail.
    work.catch(() => undefined)
    for (let kill = 1; kill <= kills; kill++) {
      const lives = random.whole(...options.livesMs)
      const started = Date.now()
      await Promise.race([wait(lives).then(() => gettingOn(accepted, kill)), work])
      await server.kill()
      log(
        `kill ${kill} after ${Date.now() - started} ms of ${lives}: ${accepted.documents.size} documents, ${accepted.runs.size} runs, ${accepted.batches.size} batches`,
      )
      await server.start()
    }
    stop.abort()
    await work
    await settled(remotes, accepted, options.settleMs)
    await server.stop()
    return await onStore(variables, (services) => report(services, accepted, { kills, begun }))
  } finally {
    await server.kill()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

/** Longest that a life goes on for its users to get on. */
const PATIENCE_MS = 60_000

/** Until as many runs have been accepted as the server was killed, this time included; those of batches are not known here. */
async function gettingOn({ runs }: Accepted, kills: number): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  while (runs.size <= kills && Date.now() < until) await wait(50)
}

/** Waits until every run has ended. */
async function settled(remotes: readonly Remote[], { batches }: Accepted, settleMs: number): Promise<void> {
  const until = Date.now() + settleMs
  const areOver = async (remote: Remote): Promise<boolean> => {
    for (const state of ['queued', 'running']) {
      const { items } = await remote.query<{ items: unknown[] }>('runs.list', { state, limit: 1 })
      if (items.length > 0) return false
    }
    return true
  }
  const isMade = async (id: string): Promise<boolean> => {
    for (const remote of remotes) {
      const batch = await remote.query<{ complete: boolean }>('runs.batches.get', { id }).catch(() => undefined)
      if (batch) return batch.complete
    }
    return true
  }
  for (;;) {
    const made = await Promise.all([...batches].map(isMade))
    const over = await Promise.all(remotes.map(areOver))
    if ([...made, ...over].every(Boolean)) return
    // What has not ended by then is in the report.
    if (Date.now() > until) return
    await wait(200)
  }
}

async function report(services: Services, accepted: Accepted, { kills, begun }: { kills: number; begun: number }): Promise<KillReport> {
  const inconsistent = await assertConsistent(services, { crashed: true }).then(
    () => [],
    (error: Error) => [error.message],
  )
  const { rows: runs, problems } = await acceptedProblems(services, accepted)
  const count = (values: readonly string[]): Record<string, number> =>
    Object.fromEntries([...new Set(values)].toSorted().map((value) => [value, values.filter((other) => other === value).length]))
  return {
    kills,
    documents: accepted.documents.size,
    runs: runs.length,
    batches: accepted.batches.size,
    states: count(runs.map(({ state }) => state)),
    failures: count(runs.flatMap(({ state, error }) => (state === 'failed' && error ? [error.code] : []))),
    mostAttempts: Math.max(0, ...runs.map(({ attempt }) => attempt)),
    refusals: Object.fromEntries(accepted.refusals),
    ms: Date.now() - begun,
    problems: [...inconsistent, ...problems],
  }
}
