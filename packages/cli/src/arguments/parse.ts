import { parseArgs } from 'node:util'
import { type CommandName, type CommandOptions, commandTable } from '../commands/table.ts'
import type { CommandSpecification, OptionSpecification, ValuesOf } from './specification.ts'
import { suggest } from './suggest.ts'
import { UsageError } from './usage-error.ts'

/** A command's arguments, checked against its specification. */
export interface Parsed<Name extends CommandName = CommandName> {
  readonly values: ValuesOf<CommandOptions<Name>>
  readonly positionals: readonly string[]
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

/**
 * Reads what stands behind a command's name.
 * @throws UsageError for an unknown option (with what was probably meant), a value too many or too few, or a wrong number of arguments.
 */
export function parseArguments<Name extends CommandName>(name: Name, argv: readonly string[]): Parsed<Name> {
  const specification: CommandSpecification = commandTable[name]
  const options = Object.fromEntries(Object.entries(specification.options).map(([key, option]) => [key, forParser(option)]))
  // Not strict: the parser's own messages name neither the nearest option nor the command's help.
  const { values, positionals, tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true })
  const hint = `See imagedoc ${name} --help.`
  for (const token of tokens) if (token.kind === 'option') checkOption(token, specification, hint)
  if (values.help !== true && values.version !== true) checkPositionals(positionals, specification, hint)
  return { values: values as Parsed<Name>['values'], positionals }
}

function forParser({ type, short, multiple }: OptionSpecification) {
  return { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) }
}

function checkOption(token: OptionToken, specification: CommandSpecification, hint: string): void {
  const option = Object.hasOwn(specification.options, token.name) ? specification.options[token.name] : undefined
  if (option === undefined) {
    const meant = suggest(token.name, Object.keys(specification.options), (candidate) => `--${candidate}`)
    throw new UsageError(`There is no option "${token.rawName}".${meant}`, hint)
  }
  if (option.type === 'boolean') {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value, but "${token.value}" was given.`, hint)
    return
  }
  // `-o --json`: the value was forgotten, or it is meant and can be written as `--output=--json`.
  const forgotten = token.value === undefined || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-')
  if (forgotten || token.value === '')
    throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value ?? 'VALUE'}.`, hint)
}

function checkPositionals(positionals: readonly string[], { positionals: wanted, usage }: CommandSpecification, hint: string): void {
  if (positionals.length < wanted.min) throw new UsageError(wanted.missing, hint)
  if (positionals.length > wanted.max) {
    throw new UsageError(`"${positionals[wanted.max]}" is one argument too many${usage ? `: ${usage}` : ''}.`, hint)
  }
}
