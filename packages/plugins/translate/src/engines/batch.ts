/** How long the first text of a batch waits for those whose memo is still being asked. */
const PATIENCE_MS = 200

/** Gathers the texts that no memo knew into one request. */
export interface Batch {
  /** A text to send; its translation when the batch has been sent. */
  add(text: string): Promise<string>
  /** One of the expected texts is known already and will not be added. */
  skip(): void
}

/**
 * A batch that is sent when all `expected` texts were added or skipped. It does not wait for ever: another process may be
 * translating one of them and waiting for one of ours.
 */
export function createBatch(expected: number, send: (texts: readonly string[]) => Promise<readonly string[]>): Batch {
  let queue: { text: string; resolve(translation: string): void; reject(error: unknown): void }[] = []
  let outstanding = expected
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const sent = queue
    queue = []
    if (sent.length === 0) return
    try {
      const translations = await send(sent.map(({ text }) => text))
      for (const [index, { resolve }] of sent.entries()) resolve(translations[index] as string)
    } catch (error) {
      for (const { reject } of sent) reject(error)
    }
  }
  const count = (): void => {
    outstanding--
    if (outstanding <= 0) void flush()
  }

  return {
    add(text) {
      const translation = new Promise<string>((resolve, reject) => queue.push({ text, resolve, reject }))
      timer ??= setTimeout(() => void flush(), PATIENCE_MS)
      count()
      return translation
    },
    skip: count,
  }
}
