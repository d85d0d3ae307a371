/** The runs that are watched: what becomes of them is told to who leaves before they have ended. */
export interface OpenRuns {
  add(id: string): void
  cancel(id: string, ask: () => Promise<unknown>): Promise<void>
  ended(id: string): void
  /** A line for each. */
  inWords(): string[]
}

export function createOpenRuns(): OpenRuns {
  const open = new Map<string, 'goes on' | 'is cancelled'>()
  return {
    add: (id) => void open.set(id, 'goes on'),
    async cancel(id, ask) {
      // One that cannot be reached is told of by its end, or by the lines below.
      const answer = await ask().catch(() => undefined)
      if (answer && open.has(id)) open.set(id, 'is cancelled')
    },
    ended: (id) => void open.delete(id),
    inWords: () => [...open].map(([id, state]) => `The run ${id} ${state} at the server.`),
  }
}
