import { ImageDocError } from '@imagedoc/core'
import type { Log } from '../logging/log.ts'
import type { Roster } from './roster.ts'

/** Workers that are started anew, on other machines perhaps, have so long: what waits fails behind it, and can be retried. */
export const PATIENCE_MS = 120_000
const LOOK_MS = 5000

/** Says when what waits for a worker waits for one that is not there. */
export interface NobodyTakes extends Disposable {
  /** Aborts with ENGINE_UNAVAILABLE when no worker that takes pages of this namespace (empty: any) was there for two minutes; until it is disposed. */
  watch(namespace: string): { readonly signal: AbortSignal } & Disposable
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
  readonly waiting: Set<AbortController>
  /** Since when nobody was seen. */
  since: number | undefined
}

/** One look for all that wait. What cannot be known, while Redis does not answer, is not held against anybody. */
export function createNobodyTakes({ roster, log, patienceMs = PATIENCE_MS, lookMs = LOOK_MS }: NobodyTakesOptions): NobodyTakes {
  const all = new Map<string, Watched>()
  const judge = (namespace: string, watched: Watched, isTaken: boolean): void => {
    if (isTaken) {
      watched.since = undefined
      return
    }
    if (watched.since === undefined) log.warn({ namespace }, 'no worker takes these pages')
    watched.since ??= performance.now()
    if (performance.now() - watched.since < patienceMs) return
    for (const controller of watched.waiting) controller.abort(nobodyError(namespace))
  }
  const look = async (): Promise<void> => {
    if (all.size === 0) return
    const present = await roster.present().catch(() => undefined)
    for (const [namespace, watched] of all)
      judge(namespace, watched, present === undefined || present.some(({ takes }) => namespace === '' || takes.includes(namespace)))
  }
  const timer = setInterval(() => void look(), lookMs).unref()
  return {
    watch(namespace) {
      const watched = all.get(namespace) ?? { waiting: new Set(), since: undefined }
      all.set(namespace, watched)
      const controller = new AbortController()
      watched.waiting.add(controller)
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          watched.waiting.delete(controller)
          if (watched.waiting.size === 0) all.delete(namespace)
        },
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function nobodyError(namespace: string): ImageDocError {
  const what = namespace === '' ? 'No worker is there' : `No worker takes pages of "${namespace}" operations`
  const how = namespace === '' ? 'imagedoc worker' : `imagedoc worker --only ${namespace}, or without --only`
  return new ImageDocError('ENGINE_UNAVAILABLE', `${what}. Start one (${how}), then retry the run.`, { details: { namespace } })
}
