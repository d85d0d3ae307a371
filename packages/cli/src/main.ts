import { commandHelp, generalHelp } from './arguments/help.ts'
import { parseArguments } from './arguments/parse.ts'
import { suggest } from './arguments/suggest.ts'
import { UsageError } from './arguments/usage-error.ts'
import { type CommandName, commandTable } from './commands/table.ts'
import { write, writeError } from './report/streams.ts'

const USAGE_EXIT = 2
const HINT = 'See imagedoc --help.'
/** For who types what they want done. */
const PIPELINES_RUN =
  ' What is done to a page is an operation, a step of a pipeline: imagedoc operations lists them, and imagedoc run PIPELINE INPUT… -o DIR runs a pipeline.'

/** For who types the name of an operation. Whether there is such a one is not looked up: loading all would make a slip of the finger slow. */
function refuseOperation(name: string): never {
  const pipeline = `{ "version": 1, "steps": [{ "use": "${name}" }] }`
  throw new UsageError(
    `"${name}" is no command. Operations run as steps of a pipeline: write ${pipeline} to a file p.json, then imagedoc run p.json INPUT… -o DIR.`,
    `See imagedoc operations ${name}.`,
  )
}

/**
 * Runs the command line and gives the exit code. Nothing heavy is loaded for help, for the version or for a mistyped command.
 * @param argv without the program and the script.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) return await reportFault(error)
    writeError(`${error.message}\n${error.hint}`)
    return USAGE_EXIT
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv
  if (first === undefined) return say(generalHelp(), USAGE_EXIT)
  if (first === '--help' || first === '-h') return say(generalHelp())
  if (first === '--version' || first === '-V') return printVersion()
  if (first === 'help') return help(rest[0])
  const name = commandNamed(first)
  const parsed = parseArguments(name, rest)
  if (parsed.values.help) return say(commandHelp(name))
  // `download` has a `--version N` of its own.
  if (parsed.values.version === true) return printVersion()
  const { runCommand } = await import('./commands/dispatch.ts')
  return runCommand(name, parsed)
}

function help(name: string | undefined): number {
  return say(name === undefined ? generalHelp() : commandHelp(commandNamed(name)))
}

function commandNamed(name: string): CommandName {
  if (Object.hasOwn(commandTable, name)) return name as CommandName
  if (name.startsWith('-')) throw new UsageError(`There is no option "${name}" before a command.${meantBy(name)}`, HINT)
  if (name.endsWith('.json')) throw new UsageError(`"${name}" is no command. To run a pipeline: imagedoc run ${name} INPUT… -o DIR.`, HINT)
  if (/^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(name)) refuseOperation(name)
  const meant = meantBy(name)
  throw new UsageError(`There is no command "${name}".${meant || PIPELINES_RUN}`, HINT)
}

const meantBy = (name: string): string => suggest(name, [...Object.keys(commandTable), '--help', '--version'])

async function printVersion(): Promise<number> {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } })
  return say(manifest.version)
}

function say(text: string, exitCode = 0): number {
  if (exitCode === 0) write(text)
  else writeError(text)
  return exitCode
}

async function reportFault(error: unknown): Promise<number> {
  const { describeFault } = await import('./report/fault.ts')
  const { message, exitCode } = describeFault(error)
  writeError(message)
  return exitCode
}
