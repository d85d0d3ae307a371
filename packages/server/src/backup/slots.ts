/** Runs work, at most so many at a time; the rest waits in the order in which it came. */
export type Slots = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}

/** Works on items as they come, at most `limit` at a time. The first failure is thrown when what is under way has ended; no further item is begun. */
export async function forEachOf<Item>(items: AsyncIterable<Item>, limit: number, work: (item: Item) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]()
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    while (failures.length === 0) {
      const { done, value } = await iterator.next()
      if (done) return
      await work(value)
    }
  }
  await Promise.all(Array.from({ length: limit }, () => worker().catch((error: unknown) => void failures.push(error))))
  await iterator.return?.()
  if (failures.length > 0) throw failures[0]
}

/** Waits for all, also when one fails: nothing goes on behind the back of who reports the failure. */
export async function allOf<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
