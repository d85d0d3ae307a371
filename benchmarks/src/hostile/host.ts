import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface HostileCase {
  name: string
  path: string
  /** `refuse`: a code is due; `told`: a code, or a result with a warning; `any`: a result is as good. */
  expect: 'refuse' | 'told' | 'any'
}

/** How one file ended. */
export interface Outcome extends HostileCase {
  /** `crash`: the host died; `hang`: it did not answer within {@link HANG_MS}. */
  end: 'result' | 'code' | 'crash' | 'hang'
  code: string
  message: string
  /** Diagnostics that warn. */
  warnings: number
  ms: number
  /** Resident memory of the host behind this file, MB. */
  rssMB: number
}

/** A step's and page's limit in these runs. */
export const LIMIT_MS = 30_000
/** A file of a few pages that is slow on each may need more than one limit. */
const HANG_MS = 4 * LIMIT_MS

const script = fileURLToPath(new URL('./host-process.ts', import.meta.url))

/** Gives every file to a host process of the given isolation; a host that dies or hangs is noted and replaced. */
export async function runHost(cases: readonly HostileCase[], isolation: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let host: Host | undefined
  try {
    for (const [index, each] of cases.entries()) {
      host ??= startHost(isolation)
      const outcome = { ...each, ...(await host.give(each.path)) }
      outcomes.push(outcome)
      if (outcome.end === 'crash' || outcome.end === 'hang' || outcome.ms > 3000)
        process.stderr.write(
          `${isolation} ${index + 1}/${cases.length} ${each.name}: ${outcome.end} ${outcome.code} ${outcome.ms.toFixed(0)} ms\n`,
        )
      if (outcome.end !== 'crash' && outcome.end !== 'hang') continue
      await host.stop()
      host = undefined
    }
  } finally {
    await host?.stop()
  }
  return outcomes
}

type Answer = Omit<Outcome, keyof HostileCase>

interface Host {
  give(path: string): Promise<Answer>
  stop(): Promise<void>
}

function startHost(isolation: string): Host {
  // A group of its own: what a lost host left behind goes with it.
  const child = spawn(process.execPath, ['--conditions=@imagedoc/source', '--no-warnings', script, isolation, String(LIMIT_MS)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2000)
  })
  const lines = createInterface({ input: child.stdout })
  const gone = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(`${signal ?? code} ${complaint.trim().split('\n').at(-1) ?? ''}`)),
  )
  return {
    async give(path) {
      const start = performance.now()
      const told = (end: 'crash' | 'hang', message: string): Answer => ({
        end,
        code: '',
        message,
        warnings: 0,
        ms: performance.now() - start,
        rssMB: Number.NaN,
      })
      let timer: NodeJS.Timeout | undefined
      const answer = Promise.race([
        new Promise<Answer>((resolve) => lines.once('line', (line) => resolve(JSON.parse(line) as Answer))),
        gone.then((how) => told('crash', how)),
        new Promise<Answer>((resolve) => {
          timer = setTimeout(() => resolve(told('hang', '')), HANG_MS)
        }),
      ])
      child.stdin.write(`${path}\n`)
      return answer.finally(() => clearTimeout(timer))
    },
    stop: () => stop(child, gone),
  }
}

async function stop(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.stdin?.end()
  const timer = setTimeout(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }, 3000)
  await gone
  clearTimeout(timer)
}
