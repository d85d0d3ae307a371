import type { LogLevel } from '../settings/settings.ts'

/** What is logged: facts by name. Never a token, a file name, a title or a document's text. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void
  warn(facts: Readonly<Record<string, unknown>>, message: string): void
  error(facts: Readonly<Record<string, unknown>>, message: string): void
}

/** JSON lines on stderr. What could hold a secret is removed even when somebody logs it by mistake. */
export async function createLog(level: LogLevel): Promise<Log> {
  const { pino, destination } = await import('pino').then(({ default: pino }) => ({ pino, destination: pino.destination(2) }))
  return pino(
    {
      level,
      base: null,
      redact: ['authorization', 'token', 'password', 'headers', '*.authorization', '*.token', '*.password', '*.headers'],
    },
    destination,
  )
}
