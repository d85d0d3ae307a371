import { pause } from '../retry.ts'

const FIRST_MS = 500
const LONGEST_MS = 10_000

/** Asks again and again, each time after a longer pause while the answer stays the same. */
export async function* polled<Answer>(
  ask: () => Promise<Answer>,
  { signal }: { signal?: AbortSignal | undefined },
): AsyncGenerator<Answer, never> {
  let ms = FIRST_MS
  let last = ''
  for (;;) {
    const answer = await ask()
    yield answer
    const now = JSON.stringify(answer)
    ms = now === last ? Math.min(ms * 1.5, LONGEST_MS) : FIRST_MS
    last = now
    await pause(ms, signal)
  }
}
