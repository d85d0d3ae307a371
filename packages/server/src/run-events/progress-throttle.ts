import { formatPageId, type RunEvent } from '@imagedoc/core'

/** Four a second of one page in one step are as smooth as a progress bar needs. */
const EVERY_MS = 250

type Progress = Extract<RunEvent, { type: 'step-progress' }>

interface Slot {
  readonly timer: ReturnType<typeof setTimeout>
  /** What came since the last one was passed on: only the newest. */
  waiting: Progress | undefined
}

/** Passes events on, those of a page's progress at most so often; the last one is not lost. What ends a page's step ends its progress. */
export function createProgressThrottle(pass: (event: RunEvent) => void): Disposable & { push(event: RunEvent): void } {
  const slots = new Map<string, Slot>()
  const open = (key: string, event: Progress): void => {
    pass(event)
    const timer = setTimeout(() => {
      const { waiting } = slots.get(key) as Slot
      slots.delete(key)
      if (waiting) open(key, waiting)
    }, EVERY_MS).unref()
    slots.set(key, { timer, waiting: undefined })
  }
  const close = (key: string): void => {
    clearTimeout(slots.get(key)?.timer)
    slots.delete(key)
  }
  const clear = (): void => [...slots.keys()].forEach(close)
  return {
    push(event) {
      if (event.type === 'step-progress') {
        const slot = slots.get(keyOf(event))
        if (slot) slot.waiting = event
        else open(keyOf(event), event)
        return
      }
      if (event.type === 'run-ended' || event.type === 'run-started') clear()
      else if ('page' in event && event.page && event.type !== 'diagnostic') close(keyOf(event))
      pass(event)
    },
    [Symbol.dispose]: clear,
  }
}

function keyOf({ step, page }: Pick<Progress, 'step' | 'page'>): string {
  return `${step} ${formatPageId(page)}`
}
