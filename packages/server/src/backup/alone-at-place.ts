import { ImageDocError } from '@imagedoc/core'
import type { Notes } from './notes.ts'

const ENDING = '.running'
const RENEW_MS = 20_000
/** A backup that was killed keeps others out for so long. */
const LOST_MS = 120_000

/** One backup writes to a place at a time: another one could remove what this one is about to name. */
export interface Alone extends AsyncDisposable {
  /** Aborted when another backup took over, because this process stood still. */
  readonly signal: AbortSignal
}

/**
 * Says that a backup of this name runs, and looks for others afterwards: of two that begin at the same time neither goes unseen.
 * @throws STORE_UNAVAILABLE while another one runs
 */
export async function takeAlone(notes: Notes, name: string, now: () => Date): Promise<Alone> {
  const own = name + ENDING
  const lost = new AbortController()
  const say = (): Promise<void> => notes.write(own, JSON.stringify({ renewed_at: now() }))
  const renew = async (): Promise<void> => {
    if ((await notes.read(own)) !== undefined) return say()
    lost.abort(
      new ImageDocError('STORE_UNAVAILABLE', 'Another backup to this place has begun while this process stood still. Begin again.'),
    )
  }
  await say()
  // A place that cannot be reached is noticed by whoever writes to it.
  let renewing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    renewing = renew().catch(() => undefined)
  }, RENEW_MS).unref()
  const alone: Alone = {
    signal: lost.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await renewing
      await notes.remove(own).catch(() => undefined)
    },
  }
  try {
    await assertAlone(notes, own, now)
    return alone
  } catch (error) {
    await alone[Symbol.asyncDispose]()
    throw error
  }
}

async function assertAlone(notes: Notes, own: string, now: () => Date): Promise<void> {
  for (const name of await notes.list()) {
    if (!name.endsWith(ENDING) || name === own) continue
    const age = now().getTime() - renewedAt(await notes.read(name))
    // Clocks of two machines may be apart.
    if (Math.abs(age) < LOST_MS) throw busyError()
    await notes.remove(name)
  }
}

function renewedAt(text: string | undefined): number {
  try {
    return Date.parse((JSON.parse(text ?? '{}') as { renewed_at?: string }).renewed_at ?? '')
  } catch {
    return Number.NaN
  }
}

function busyError(): ImageDocError {
  return new ImageDocError(
    'STORE_UNAVAILABLE',
    `Another backup to this place is running, or was killed within the last ${LOST_MS / 60_000} minutes. Wait until it has ended.`,
  )
}
