/** Who waits, and in which of the queues that share the room. */
export interface Entrant {
  readonly user: string
  readonly queue: string
}

export type Admit = () => void

/** Those who wait for a room, by user and queue. */
export interface Lines {
  add(entrant: Entrant, admit: Admit): void
  remove(entrant: Entrant, admit: Admit): void
  /** Takes out the next of the users whom `may` lets: of the user whose last turn is the longest ago. */
  next(may: (user: string) => boolean): { user: string; admit: Admit } | undefined
  /** How many wait in a queue: of all users, or of one. */
  size(queue: string, user?: string): number
  /** The user has nothing at work any more; the last turn is forgotten unless more of theirs waits. */
  forget(user: string): void
}

/** By queue, in the order in which the queues have their turn. */
type Line = Map<string, Set<Admit>>

/** Nobody waits. */
export function createLines(): Lines {
  const lines = new Map<string, Line>()
  /** When a user had the last turn, counted; of users who wait or have something at work. */
  const turns = new Map<string, number>()
  let turn = 0

  const remove = ({ user, queue }: Entrant, admit: Admit): void => {
    const line = lines.get(user)
    const waiting = line?.get(queue)
    waiting?.delete(admit)
    if (waiting?.size === 0) line?.delete(queue)
    if (line?.size === 0) lines.delete(user)
  }
  const nextUser = (may: (user: string) => boolean): string | undefined => {
    let found: string | undefined
    const lastTurn = (user: string): number => turns.get(user) ?? 0
    for (const user of lines.keys()) if (may(user) && (found === undefined || lastTurn(user) < lastTurn(found))) found = user
    return found
  }
  return {
    add({ user, queue }, admit) {
      const line: Line = lines.get(user) ?? new Map()
      line.set(queue, (line.get(queue) ?? new Set()).add(admit))
      lines.set(user, line)
    },
    remove,
    next(may) {
      const user = nextUser(may)
      const line = user === undefined ? undefined : lines.get(user)
      const [queue, waiting] = line?.entries().next().value ?? []
      const admit = waiting?.values().next().value
      if (user === undefined || !line || queue === undefined || !waiting || !admit) return undefined
      // The queue goes behind the user's others.
      line.delete(queue)
      line.set(queue, waiting)
      remove({ user, queue }, admit)
      turns.set(user, ++turn)
      return { user, admit }
    },
    size(queue, user) {
      if (user !== undefined) return lines.get(user)?.get(queue)?.size ?? 0
      return lines.values().reduce((sum, line) => sum + (line.get(queue)?.size ?? 0), 0)
    },
    forget: (user) => void (lines.has(user) || turns.delete(user)),
  }
}
