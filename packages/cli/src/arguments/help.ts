import { type CommandName, commandTable } from '../commands/table.ts'
import { commandVariables } from '../configuration/variables.ts'
import type { CommandSpecification, OptionSpecification } from './specification.ts'

const WIDTH = 96

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
    'Every command explains itself: imagedoc COMMAND --help. Also: imagedoc --version.',
    '',
    'Exit codes: 0 done, 4 at worst partial (pages were skipped), 130 interrupted, 2 wrong usage or pipeline,',
    '3 input missing, output in the way or not to be written, 5 input refused, 6 over a limit, 7 engine, 8 provider, cache, store or server,',
    '9 plugin or configuration, 10 not allowed by a server, 1 the work failed, 70 a fault of ImageDoc itself.',
    '',
    'Environment:',
    ...columns(commandVariables.map(({ name, meaning, default: usual }) => [name, `${meaning} Default: ${usual}.`])),
  ].join('\n')
}

/** `imagedoc COMMAND --help`, made from the command's table. */
export function commandHelp(name: CommandName): string {
  const { summary, usage, details = [], options, examples }: CommandSpecification = commandTable[name]
  return [
    summary,
    '',
    `Usage: imagedoc ${name}${usage ? ` ${usage}` : ''}`,
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph, WIDTH)]),
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
    const lines = wrap(text, Math.max(WIDTH - left, 40))
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
