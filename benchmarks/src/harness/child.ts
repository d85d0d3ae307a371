import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a child said, and what it took. */
export interface ChildReport<Value> {
  value: Value
  /** MB of resident memory at its highest, threads included. */
  peakMB: number
}

/**
 * Runs `script` (a module beside the caller, by URL) in a fresh Node process with `args`, and gives the value that it told with {@link tell}.
 * Memory is measured so, because a process never gives back what it has once had. `built`: with the packages as they are installed, not their sources,
 * which Node takes 25 MB to read.
 */
export async function inChild<Value>(
  script: URL,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; built?: boolean } = {},
): Promise<ChildReport<Value>> {
  const sources = options.built ? [] : ['--conditions=@imagedoc/source']
  const child = spawn(process.execPath, [...sources, '--no-warnings', fileURLToPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'lost'))
  })
  const last = lines.at(-1)
  if (code !== 0 || last === undefined) throw new Error(`${fileURLToPath(script)} ${args.join(' ')} ended with ${code}`)
  return JSON.parse(last) as ChildReport<Value>
}

/** The child's side: its last line. */
export function tell(value: unknown): void {
  process.stdout.write(`${JSON.stringify({ value, peakMB: peakMB() })}\n`)
}

/** Not `maxRSS`: on Linux that begins with what the parent had when it forked. */
function peakMB(): number {
  const high = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return high ? Number(high[1]) / 1024 : Number.NaN
}
