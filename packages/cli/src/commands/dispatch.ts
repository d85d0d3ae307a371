import type { Parsed } from '../arguments/parse.ts'
import type { CommandName } from './table.ts'

type Commands = { [Name in CommandName]: () => Promise<(parsed: Parsed<Name>) => Promise<number>> }

/** Each command's module is loaded when it is the one that was asked for. */
const commands: Commands = {
  run: async () => (await import('./run.ts')).run,
  validate: async () => (await import('./validate.ts')).validate,
  explain: async () => (await import('./explain.ts')).explain,
  operations: async () => (await import('./operations.ts')).operations,
  schema: async () => (await import('./schema.ts')).schema,
  replay: async () => (await import('./replay.ts')).replay,
  doctor: async () => (await import('./doctor.ts')).doctor,
  cache: async () => (await import('./cache.ts')).cache,
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./worker.ts')).worker,
  migrate: async () => (await import('./migrate.ts')).migrate,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  gc: async () => (await import('./gc.ts')).gc,
  login: async () => (await import('./login.ts')).login,
  logout: async () => (await import('./logout.ts')).logout,
  upload: async () => (await import('./upload.ts')).upload,
  search: async () => (await import('./search.ts')).search,
  download: async () => (await import('./download.ts')).download,
}

/** Runs a command; gives the exit code. */
export async function runCommand<Name extends CommandName>(name: Name, parsed: Parsed<Name>): Promise<number> {
  const command = await commands[name]()
  return command(parsed)
}
