import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { type Log, oncePerMinute } from '../logging/log.ts'
import { type DiskReserve, openDiskReserve } from './disk-reserve.ts'

export interface RoomOptions {
  /** On the disk that is watched; undefined: everything is kept elsewhere. */
  readonly folder: string | undefined
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** The disk is looked at so often. */
const LOOK_MS = 5000
/** Whoever met a full disk or storage is believed for so long; then it is tried again. */
const BELIEVED_MS = 10_000

/**
 * Whether there is room to store more. When a disk is nearly full nothing is taken that grows (uploads, runs, cached results), so that there is room for
 * deleting, whose rows are written before anything goes. When others have filled the disk to its end, a reserve is given back to it for that.
 * By itself everything goes on when there is room again.
 */
export interface Room extends AsyncDisposable {
  isFull(): boolean
  /** @throws STORE_FULL */
  assert(): void
  /** Looks at what was thrown: a full disk or storage is remembered for a while. */
  note(error: unknown): void
  /** Looks at the disk now. */
  look(): Promise<void>
  /** Gives the reserve back to a full disk; false when that was done before. Waits for nothing: it is called in the middle of a write. */
  release(): boolean
}

export async function openRoom({ folder, log }: RoomOptions): Promise<Room> {
  const reserve = folder === undefined ? undefined : await openDiskReserve(folder)
  const tell = oncePerMinute(() => log.warn({}, FULL))
  let isLow = false
  let believedUntil = 0
  let wasFull = false
  const isFull = (): boolean => isLow || performance.now() < believedUntil
  const noteFull = (): void => {
    believedUntil = performance.now() + BELIEVED_MS
    wasFull = true
    tell(undefined)
  }
  const lookNow = async (): Promise<void> => {
    if (reserve) isLow = await lowAfter(reserve)
    if (isFull()) {
      wasFull = true
      tell(undefined)
    } else if (wasFull) {
      wasFull = false
      log.info({}, 'there is room again')
    }
  }
  let looking: Promise<void> | undefined
  // One at a time: each may make the reserve.
  const look = (): Promise<void> => {
    looking ??= lookNow().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS)
  timer.unref()
  return {
    isFull,
    assert() {
      if (isFull()) throw fullError()
    },
    note(error) {
      if (isImageDocError(error) && error.code === 'STORE_FULL') noteFull()
    },
    look,
    release() {
      noteFull()
      return reserve?.release() ?? false
    },
    [Symbol.asyncDispose]: async () => clearInterval(timer),
  }
}

const FULL = 'no room: nothing is stored until some is made'

/** Makes the reserve again when there is room for it. True when there is less room beside it than half of it. */
async function lowAfter(reserve: DiskReserve): Promise<boolean> {
  const least = reserve.bytes / 2
  if (!reserve.isHeld() && (await reserve.free()) >= reserve.bytes + least) await reserve.hold()
  return !reserve.isHeld() || (await reserve.free()) < least
}

function fullError(): ImageDocError {
  return new ImageDocError(
    'STORE_FULL',
    'The server has no room left to store this. Delete and purge what is not needed, or ask who runs it.',
  )
}
