/** The runs that are watched: what becomes of them is told to who leaves before they have ended. */
export interface OpenRuns {
  add(id: string): void
  cancel(id: string, ask: () => Promise<unknown>): Promise<void>
  ended(id: string): void
  /** A line for each. */
  inWords(): string[]
}

type State = 'going' | 'asked' | 'cancelled'

const words: Record<State, string> = {
  going: 'goes on at the server.',
  asked: 'was asked to stop; the server has not answered yet.',
  cancelled: 'is cancelled.',
}

export function createOpenRuns(): OpenRuns {
  const open = new Map<string, State>()
  return {
    add: (id) => void open.set(id, 'going'),
    async cancel(id, ask) {
      open.set(id, 'asked')
      // One that cannot be reached is told of by its end, or by the lines below.
      const answer = await ask().catch(() => undefined)
      if (answer && open.has(id)) open.set(id, 'cancelled')
    },
    ended: (id) => void open.delete(id),
    inWords: () => [...open].map(([id, state]) => `The run ${id} ${words[state]}`),
  }
}
