import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { defineConfig } from '@imagedoc/core'
import { createRandom, type Random, renderPage, scannedPdf } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { createServices } from '../../src/create-services.ts'
import type { Services } from '../../src/services.ts'
import { makeDataFolder } from '../../src/settings/data-folder.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import reading from '../support/reading-plugin.ts'
import { addUser } from '../support/users.ts'
import { acceptedProblems } from './accepted-problems.ts'
import { createKilledServer } from './killed-server.ts'
import { createRemote, type Remote } from './remote.ts'
import { type Accepted, nothingAccepted, seenDocument, workOn } from './user-at-work.ts'

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

interface Person {
  readonly token: string
  readonly collections: readonly [string, string]
}

/** Kills a working server again and again, and sees what has become of everything that it had accepted. */
export async function killAgain(options: KillOptions): Promise<KillReport> {
  const { seed, kills, log = () => undefined } = options
  const begun = Date.now()
  const dataFolder = await mkdtemp(join(tmpdir(), 'imagedoc-kill-'))
  const random = createRandom(seed)
  const server = createKilledServer(dataFolder)
  const accepted = nothingAccepted()
  try {
    const files = await makeFiles(random.fork('files'))
    const people = await onStore(dataFolder, (services) => addPeople(services, { count: options.users, files, accepted }))
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
    return await onStore(dataFolder, (services) => report(services, accepted, { kills, begun }))
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

/** Works on the store while no server has it. */
async function onStore<Result>(dataFolder: string, work: (services: Services) => Promise<Result>): Promise<Result> {
  await makeDataFolder(dataFolder)
  const settings = { ...readSettings({}), logLevel: 'silent' as const, dataFolder }
  await using services = await createServices({ environment: {}, settings, config: defineConfig({ plugins: [image(), pdf(), reading()] }) })
  return await work(services)
}

/** Each with two collections and something in them. */
async function addPeople(
  services: Services,
  { count, files, accepted }: { count: number; files: readonly Uint8Array[]; accepted: Accepted },
): Promise<Person[]> {
  const people: Person[] = []
  for (let i = 0; i < count; i++) {
    const { id: user_id, token } = await addUser(services)
    const [first, second] = [await addCollection(services, { user_id }), await addCollection(services, { user_id })]
    for (const [at, bytes] of files.slice(0, 4).entries()) {
      const original = await services.blobs.put('objects', bytes, { mediaType: 'application/pdf' })
      const { _id } = await addDocument(services, { collection_id: at % 2 ? first._id : second._id, original })
      seenDocument(accepted, { id: _id, bytes, user: token })
    }
    people.push({ token, collections: [first._id, second._id] })
  }
  return people
}

/** PDFs of one to three small pages. */
async function makeFiles(random: Random): Promise<Uint8Array[]> {
  const pages = await Promise.all(Array.from({ length: 5 }, () => renderPage({ seed: random.whole(1, 1e6), layout: 'letter', dpi: 40 })))
  return Promise.all(Array.from({ length: 6 }, () => scannedPdf(Array.from({ length: random.whole(1, 3) }, () => random.pick(pages)))))
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
