import { ImageDocError } from '@imagedoc/core'
import type { Log } from '../logging/log.ts'
import type { Roster, WorkerNotice } from './roster.ts'

/** Workers that are started anew, on other machines perhaps, have so long: what waits fails behind it, and can be retried. */
export const PATIENCE_MS = 120_000
const LOOK_MS = 5000

/** Which pages wait. */
export interface Waiting {
  /** Of the operation whose pages they are; empty: any. */
  readonly namespace: string
  /** The piece of the plan, with its engines. */
  readonly segment: string
}

/** One that waits; until it is disposed. */
export interface Watch extends Disposable {
  /** Aborts when no worker that does such pages was there for two minutes: ENGINE_UNAVAILABLE, or ENGINE_CHANGED when all that are there refuse. */
  readonly signal: AbortSignal
  /** This worker has another plan for them. */
  refused(worker: string, why: string): void
  /** A worker did one. */
  done(): void
}

/** Says when what waits for a worker waits for one that is not there. */
export interface NobodyTakes extends Disposable {
  watch(pages: Waiting): Watch
}

export interface NobodyTakesOptions {
  readonly roster: Pick<Roster, 'present'>
  readonly log: Pick<Log, 'warn'>
  /** @default 120000 */
  readonly patienceMs?: number
  /** @default 5000 */
  readonly lookMs?: number
}

interface Watched {
  readonly namespace: string
  readonly waiting: Set<AbortController>
  /** Why, by worker. */
  readonly refusals: Map<string, string>
  /** Since when nobody was seen. */
  since: number | undefined
}

/** One look for all that wait. What cannot be known, while Redis does not answer, is not held against anybody. */
export function createNobodyTakes({ roster, log, patienceMs = PATIENCE_MS, lookMs = LOOK_MS }: NobodyTakesOptions): NobodyTakes {
  const all = new Map<string, Watched>()
  const judge = (watched: Watched, present: readonly WorkerNotice[]): void => {
    const { namespace, refusals, waiting } = watched
    const able = present.filter(({ takes }) => namespace === '' || takes.includes(namespace))
    if (able.some(({ id }) => !refusals.has(id))) {
      watched.since = undefined
      return
    }
    if (watched.since === undefined)
      log.warn(
        { namespace },
        able.length === 0 ? 'no worker takes these pages' : 'no worker has the engines that these pages were planned with',
      )
    watched.since ??= performance.now()
    if (performance.now() - watched.since < patienceMs) return
    const [why] = able.map(({ id }) => refusals.get(id))
    for (const controller of waiting) controller.abort(why === undefined ? nobodyError(namespace) : refusedError(namespace, why))
  }
  const look = async (): Promise<void> => {
    if (all.size === 0) return
    const present = await roster.present().catch(() => undefined)
    for (const watched of all.values()) {
      if (present) judge(watched, present)
      else watched.since = undefined
    }
  }
  const timer = setInterval(() => void look(), lookMs).unref()
  return {
    watch({ namespace, segment }) {
      const key = JSON.stringify([namespace, segment])
      const watched = all.get(key) ?? { namespace, waiting: new Set(), refusals: new Map(), since: undefined }
      all.set(key, watched)
      const controller = new AbortController()
      watched.waiting.add(controller)
      return {
        signal: controller.signal,
        refused: (worker, why) => void watched.refusals.set(worker, why),
        // One of those that refused may have what it takes by now; the others say so again.
        done: () => watched.refusals.clear(),
        [Symbol.dispose]() {
          watched.waiting.delete(controller)
          if (watched.waiting.size === 0) all.delete(key)
        },
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const pagesOf = (namespace: string): string => (namespace === '' ? 'these pages' : `pages of "${namespace}" operations`)

function nobodyError(namespace: string): ImageDocError {
  const what = namespace === '' ? 'No worker is there' : `No worker takes ${pagesOf(namespace)}`
  const how = namespace === '' ? 'imagedoc worker' : `imagedoc worker --only ${namespace}, or without --only`
  return new ImageDocError('ENGINE_UNAVAILABLE', `${what}. Start one (${how}), then retry the run.`, { details: { namespace } })
}

function refusedError(namespace: string, why: string): ImageDocError {
  const message = `No worker does ${pagesOf(namespace)} as the server has planned them; one says: ${why} Give servers and workers the same plugins, engines and keys (imagedoc doctor lists them), then retry the run.`
  return new ImageDocError('ENGINE_CHANGED', message, { details: { namespace } })
}
