/** Work that is done when it is asked for, one at a time, and once more when it was asked for meanwhile. */
export interface OnDemand {
  wake(): void
  /** Resolves when it is not at work. */
  idle(): Promise<void>
}

export function createOnDemand(work: () => Promise<void>, failed: (error: unknown) => void): OnDemand {
  let working: Promise<void> | undefined
  let again = false
  const loop = async (): Promise<void> => {
    while (again) {
      again = false
      await work().catch(failed)
    }
    working = undefined
  }
  return {
    wake() {
      again = true
      // Begun on an empty stack: what wakes it while it begins must find it at work.
      working ??= Promise.resolve().then(loop)
    },
    idle: async () => working,
  }
}
