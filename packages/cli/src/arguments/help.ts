import { type CommandName, commandTable } from '../commands/table.ts'
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
    '3 input missing, output in the way or not to be written, 5 input refused, 6 over a limit, 7 engine, 8 provider, cache or store,',
    '9 plugin or configuration, 1 the work failed, 70 a fault of ImageDoc itself.',
    '',
    'Environment:',
    ...columns(environment),
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

const environment: readonly (readonly [string, string])[] = [
  ['IMAGEDOC_CACHE_DIR', "Folder of the result cache. Default: imagedoc in the system's cache folder (~/.cache/imagedoc)."],
  ['IMAGEDOC_CACHE_MAX_BYTES', 'Bound of that folder in bytes, or with a unit: 500MB, 20GB.'],
  ['IMAGEDOC_REDIS_CACHE_URL', 'redis:// or rediss:// address of a result cache shared with others; else IMAGEDOC_REDIS_URL.'],
  ['IMAGEDOC_TESSDATA', 'Folder with further languages for OCR (NAME.traineddata or .traineddata.gz).'],
  ['IMAGEDOC_TESSERACT', 'The native tesseract program, when it is not on the PATH.'],
  ['IMAGEDOC_DEEPL_AUTH_KEY', 'Key for translations by DeepL; else DEEPL_AUTH_KEY.'],
  ['NO_COLOR', 'Set to anything: no colours.'],
]

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
