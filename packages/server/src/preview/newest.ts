import { ImageDocError } from '@imagedoc/core'

/** Of several that ask for the same thing one after the other only the newest is served. */
export interface Newest {
  /** Ends what was begun before under this key. Dispose it when the work is over. */
  begin(key: string): Disposable & { readonly signal: AbortSignal }
}

export function createNewest(): Newest {
  const latest = new Map<string, AbortController>()
  return {
    begin(key) {
      const controller = new AbortController()
      latest.get(key)?.abort(new ImageDocError('CANCELLED', 'A newer request of the same client took the place of this one.'))
      latest.set(key, controller)
      return {
        signal: controller.signal,
        [Symbol.dispose]() {
          if (latest.get(key) === controller) latest.delete(key)
        },
      }
    },
  }
}
