import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A program that ends with whoever started it. */
export interface TiedProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  kill(): void
}

/**
 * Runs the program beside a watcher that reads from descriptor 3 and kills it when that ends. Nobody writes there: the descriptor closes
 * when the thread or the process on this side is gone, whatever took it. Behind `&` a shell puts /dev/null for descriptor 0, hence 4.
 */
const script = `
exec 4<&0
"$0" "$@" <&4 3<&- 4<&- &
program=$!
{ read -r _ <&3; kill -9 $program; } >/dev/null 2>&1 4<&- &
watcher=$!
wait $program
code=$?
kill $watcher 2>/dev/null
exit $code`

/**
 * Starts a program that does not outlive its caller. A thread that is terminated, as core does with one that does not answer an abort,
 * would otherwise leave it behind at work. Exit codes of 128 and more are signals, as in a shell.
 */
export function spawnTied(path: string, args: readonly string[], env: NodeJS.ProcessEnv): TiedProcess {
  if (process.platform === 'win32') {
    const child = spawn(path, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    return { child, kill: () => void child.kill('SIGKILL') }
  }
  const child = spawn('sh', ['-c', script, path, ...args], { env, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  const rope = child.stdio[3]
  // It breaks when the program ends by itself.
  rope?.on('error', () => {})
  return { child: child as TiedProcess['child'], kill: () => void rope?.destroy() }
}
