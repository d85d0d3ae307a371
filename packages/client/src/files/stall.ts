import type { Upload } from 'tus-js-client'

/** The last piece is answered when the server has checked the file, which may take this long; asked again, it goes on with the same check. */
const STALL_MS = 120_000
const STALLS = 5
/** What was stopped reports its end first. */
const BREATH_MS = 200

/** Begins again when nothing has moved for two minutes: a network can swallow a connection so that neither end hears of it. */
export function watchForStall(running: Upload, giveUp: () => void): { moved(): void; stop(): void } {
  let stalls = 0
  let timer: ReturnType<typeof setTimeout>
  const wait = (): void => {
    timer = setTimeout(stalled, STALL_MS)
  }
  const stalled = (): void => {
    stalls++
    void running.abort().catch(() => {})
    timer = setTimeout(() => {
      if (stalls > STALLS) giveUp()
      else again()
    }, BREATH_MS)
  }
  const again = (): void => {
    wait()
    running.start()
  }
  wait()
  return {
    moved() {
      stalls = 0
      clearTimeout(timer)
      wait()
    },
    stop: () => clearTimeout(timer),
  }
}
