import { destination, pino } from 'pino'
import type { LogLevel } from '../settings/settings.ts'
import { lineForPeople } from './line-for-people.ts'

/** What is logged: facts by name. Never a token, a file name, a title or a document's text. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void
  warn(facts: Readonly<Record<string, unknown>>, message: string): void
  error(facts: Readonly<Record<string, unknown>>, message: string): void
}

const secrets = ['authorization', 'token', 'password', 'headers']

/** Lines on stderr: for people on a terminal, JSON elsewhere. What could hold a secret is removed even when somebody logs it by mistake. */
export function createLog(
  level: LogLevel,
  { stderr = process.stderr }: { stderr?: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> } = {},
): Log {
  const options = { level, base: null, redact: [...secrets, ...secrets.map((name) => `*.${name}`)] }
  if (!stderr.isTTY) return pino(options, destination(2))
  return pino(options, { write: (line) => void stderr.write(`${lineForPeople(line)}\n`) })
}

const MINUTE_MS = 60_000

/** For what may fail at every call, as a cache that is down does: one line a minute says so as well. */
export function oncePerMinute(tell: (error: unknown) => void): (error: unknown) => void {
  let silentUntil = 0
  return (error) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + MINUTE_MS
    tell(error)
  }
}

/** An error in one line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
