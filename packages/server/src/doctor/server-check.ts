/** What was found out about one server that the settings name, in words without an address. */
export interface ServerCheck {
  readonly name: string
  /** `note`: it works, and something about it should be known. */
  readonly status: 'ok' | 'note' | 'wrong'
  readonly message: string
  readonly remedy?: string
}

/** The median of some calls in ms. */
export async function latencyOf(call: () => Promise<unknown>): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    await call()
    times.push(performance.now() - started)
  }
  return inMs(times.sort((a, b) => a - b)[2] ?? 0)
}

export function inMs(ms: number): string {
  return `answers in ${ms.toFixed(1)} ms`
}
