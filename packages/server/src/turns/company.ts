import { abortError, throwIfAborted } from '@imagedoc/core'

/** Lets some work be done beside each other, and other work alone. */
export interface Company {
  /** In the order of the calls, so that neither kind waits for ever. Work must not ask again from inside. @throws CANCELLED when aborted while waiting */
  run<Value>(how: 'beside others' | 'alone', work: () => Promise<Value>, signal: AbortSignal): Promise<Value>
}

interface Waiting {
  readonly alone: boolean
  readonly enter: () => void
}

export function createCompany(): Company {
  const waiting = new Set<Waiting>()
  let active = 0
  let isOneAlone = false

  const admit = (): void => {
    for (const next of waiting) {
      if (isOneAlone || (next.alone && active > 0)) return
      waiting.delete(next)
      active++
      isOneAlone = next.alone
      next.enter()
    }
  }
  const entered = (alone: boolean, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const cancel = (): void => {
      waiting.delete(next)
      reject(abortError(signal))
      admit()
    }
    const next: Waiting = {
      alone,
      enter() {
        signal.removeEventListener('abort', cancel)
        resolve()
      },
    }
    signal.addEventListener('abort', cancel, { once: true })
    waiting.add(next)
    admit()
    return promise
  }
  return {
    async run(how, work, signal) {
      throwIfAborted(signal)
      await entered(how === 'alone', signal)
      try {
        return await work()
      } finally {
        active--
        isOneAlone = false
        admit()
      }
    },
  }
}
