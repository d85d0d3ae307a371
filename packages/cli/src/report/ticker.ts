import { createLiveLines, isLive } from './live-lines.ts'
import { writeError } from './streams.ts'

/** Says now and then how far something is: a line that is drawn over on a terminal, else a line every ten seconds. */
export interface Ticker extends Disposable {
  tell(line: string): void
}

const INTERVAL_MS = 10_000

/** @param silent tells nothing */
export function createTicker({ silent }: { readonly silent: boolean }): Ticker {
  if (silent) return { tell: () => {}, [Symbol.dispose]: () => {} }
  if (!isLive()) return createLog()
  let line = ''
  const live = createLiveLines(() => [line])
  return {
    tell(text) {
      line = text
      live.draw()
    },
    [Symbol.dispose]: live.clear,
  }
}

function createLog(): Ticker {
  let told = performance.now()
  return {
    tell(text) {
      if (performance.now() - told < INTERVAL_MS) return
      told = performance.now()
      writeError(text)
    },
    [Symbol.dispose]: () => {},
  }
}
