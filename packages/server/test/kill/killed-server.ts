import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./serve.ts', import.meta.url))

/** A server in a process of its own, over a store that outlives it. */
export interface KilledServer {
  /** Where it serves; changes with every start. Undefined while it is down. */
  url(): string | undefined
  start(): Promise<void>
  /** By SIGKILL, with no chance to finish anything. */
  kill(): Promise<void>
  /** By SIGTERM. */
  stop(): Promise<void>
  /** Resolves when it has ended, however it did. */
  ended(): Promise<void>
}

/** @param variables where its store is */
export function createKilledServer(variables: Record<string, string>): KilledServer {
  let child: ChildProcess | undefined
  let url: string | undefined
  let gone: Promise<unknown> = Promise.resolve()
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    url = undefined
    child?.kill(signal)
    await gone
  }
  return {
    url: () => url,
    async start() {
      const env = { ...process.env, ...variables, PORT: '0', IMAGEDOC_LOG: process.env['KILL_LOG'] ?? 'silent' }
      child = spawn(process.execPath, ['--conditions=@imagedoc/source', script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      gone = once(child, 'exit')
      for await (const line of createInterface({ input: child.stdout! })) {
        if (line.startsWith('http')) url = line
        if (url !== undefined) break
        process.stderr.write(`${line}\n`)
      }
      if (url === undefined) throw new Error('The server did not start.')
      child.stdout!.resume()
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    ended: async () => void (await gone),
  }
}
