import type { RunHandle, RunResult } from '@imagedoc/client'
import { initialRunState, type RunState, reduceRun } from '@imagedoc/core'

type Step = RunState['steps'][number]

/** What the lines say beside the events. */
export interface Telling {
  readonly say: (line: string) => void
  readonly pages: number
  /** Steps that take all pages at once. */
  readonly whole: readonly string[]
}

/** Waits for a run, with a line for each page of each step as it is done. */
export async function follow(run: RunHandle, telling: Telling): Promise<RunResult & { ms: number }> {
  const started = performance.now()
  const told = new Map<string, number>()
  let state = initialRunState
  for await (const message of run.events()) {
    state = message.type === 'snapshot' ? message.state : reduceRun(state, message)
    for (const step of state.steps) {
      const done = step.pages.hit + step.pages.miss
      if (done > (told.get(step.id) ?? 0)) telling.say(`   ${seconds(performance.now() - started).padStart(6)}  ${inWords(step, telling)}`)
      told.set(step.id, done)
    }
  }
  return { ...(await run.result()), ms: performance.now() - started }
}

function inWords({ id, pages }: Step, { pages: all, whole }: Telling): string {
  return whole.includes(id) ? id : `${id.padEnd(8)} page ${pages.hit + pages.miss} of ${all}`
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
