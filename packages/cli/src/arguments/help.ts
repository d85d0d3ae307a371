import { type CommandName, commandTable } from '../commands/table.ts'
import { commandVariables } from '../configuration/variables.ts'
import type { CommandSpecification, OptionSpecification } from './specification.ts'

/** Characters of a line: those of the terminal, within what can be read; 80 where there is none. */
const widthOf = (terminal = 80): number => Math.min(Math.max(terminal, 60), 96)

const exitCodes = [
  ['0', 'done'],
  ['1', 'the work failed, or a replay gave something else'],
  ['2', 'wrong usage or pipeline'],
  ['3', 'input missing, output in the way or not to be written'],
  ['4', 'at worst partial: pages were skipped'],
  ['5', 'input refused'],
  ['6', 'over a limit'],
  ['7', 'engine'],
  ['8', 'provider, cache, store or server'],
  ['9', 'plugin or configuration'],
  ['10', 'not logged in, or not allowed by a server'],
  ['70', 'a fault of ImageDoc itself'],
  ['130', 'interrupted'],
] as const

/** `imagedoc --help`. */
export function generalHelp(): string {
  const names = Object.keys(commandTable) as CommandName[]
  return [
    'imagedoc: pipelines on scanned and born-digital documents.',
    '',
    'Usage: imagedoc COMMAND [arguments] [options]',
    '',
    'Commands:',
    ...columns(names.map((name) => [name, commandTable[name].summary])),
    '',
    'Every command explains itself: imagedoc COMMAND --help. The version: --version.',
    '',
    'Exit codes:',
    ...columns(exitCodes),
    '',
    'Environment:',
    ...columns(commandVariables.map(({ name, meaning, default: usual }) => [name, `${meaning} Default: ${usual}.`])),
  ].join('\n')
}

/** `imagedoc COMMAND --help`, made from the command's table. */
export function commandHelp(name: CommandName): string {
  const { summary, usage, details = [], options, examples }: CommandSpecification = commandTable[name]
  return [
    ...wrap(summary, widthOf(process.stdout.columns)),
    '',
    `Usage: imagedoc ${name}${usage ? ` ${usage}` : ''}`,
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph, widthOf(process.stdout.columns))]),
    '',
    'Options:',
    ...columns(Object.entries(options).map(([key, option]) => [optionInWords(key, option), option.summary])),
    ...(examples.length === 0 ? [] : ['', 'Examples:', ...examples.map((example) => `  ${example}`)]),
  ].join('\n')
}

function optionInWords(key: string, { short, type, value }: OptionSpecification): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${key}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`
}

/** Two columns; the second is wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, Math.max(widthOf(process.stdout.columns) - left, 30))
    return lines.map((line, index) => `${index === 0 ? `  ${name}`.padEnd(left) : ' '.repeat(left)}${line}`)
  })
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
