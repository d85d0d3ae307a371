import { destination, pino } from 'pino'
import type { LogLevel } from '../settings/settings.ts'

/** What is logged: facts by name. Never a token, a file name, a title or a document's text. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void
  warn(facts: Readonly<Record<string, unknown>>, message: string): void
  error(facts: Readonly<Record<string, unknown>>, message: string): void
}

const secrets = ['authorization', 'token', 'password', 'headers']

/** JSON lines on stderr. What could hold a secret is removed even when somebody logs it by mistake. */
export function createLog(level: LogLevel): Log {
  return pino({ level, base: null, redact: [...secrets, ...secrets.map((name) => `*.${name}`)] }, destination(2))
}
