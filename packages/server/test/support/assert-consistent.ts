import { setTimeout as wait } from 'node:timers/promises'
import type { Services } from '../../src/services.ts'
import { blobProblems } from './consistency/blobs.ts'
import { documentProblems } from './consistency/documents.ts'
import { readEverything } from './consistency/everything.ts'
import { runProblems } from './consistency/runs.ts'
import { searchProblems } from './consistency/search.ts'
import { usageProblems } from './consistency/usage.ts'

type Needs = Pick<Services, 'blobs' | 'tables'>

export interface ConsistencyOptions {
  /** A process was killed over this store: more may be counted than is held. @default false */
  readonly crashed?: boolean
  /** What is under way may take so long to settle: nothing is atomic over two rows. @default 1000 */
  readonly settleMs?: number
}

/** Everything in the store that must not be, with ids. */
export async function problemsIn(services: Needs, { crashed = false }: ConsistencyOptions = {}): Promise<string[]> {
  const everything = await readEverything(services.tables)
  return [
    ...documentProblems(everything, { crashed }),
    ...(await runProblems(services, everything)),
    ...usageProblems(everything, { crashed }),
    ...searchProblems(everything),
    ...(await blobProblems(services, everything)),
  ]
}

/** Walks the whole store: throws with everything that must not be. */
export async function assertConsistent(services: Needs, options: ConsistencyOptions = {}): Promise<void> {
  const until = Date.now() + (options.settleMs ?? 1000)
  for (;;) {
    const problems = await problemsIn(services, options)
    if (problems.length === 0) return
    if (Date.now() >= until) throw new Error(`The store is not consistent:\n- ${problems.join('\n- ')}`)
    await wait(50)
  }
}
