import type { CommandSpecification } from '../arguments/specification.ts'
import { backupCommands } from './backup-commands.ts'
import { config, damaged, everywhere, force, json, quiet, server } from './options.ts'
import { processCommands } from './process-commands.ts'
import { serverCommands } from './server-commands.ts'

const cache = {
  type: 'string',
  value: 'DIR',
  summary: 'Folder of the result cache. Default: IMAGEDOC_CACHE_DIR, else ~/.cache/imagedoc.',
} as const
const input = {
  type: 'string',
  multiple: true,
  value: 'NAME=FILE',
  summary: 'A further input that the pipeline declares. Repeatable.',
} as const
const gather = { type: 'boolean', summary: 'Give all files to one run, as one sequence in this order.' } as const
const set = {
  type: 'string',
  multiple: true,
  value: 'STEP.PARAM=VALUE',
  summary:
    "Change a parameter of a step, by the step's id. VALUE is JSON or plain text. On some pages: STEP[2-5].PARAM=VALUE, or STEP[2-5]=skip. Repeatable.",
} as const
const isolate = {
  type: 'boolean',
  summary: 'Work on pages in child processes with limits on time and memory: for files you do not trust.',
} as const
const noCache = { type: 'boolean', summary: 'Compute everything, and keep nothing.' } as const

const inputDetails =
  'INPUT is a file, a folder (all files below it that the pipeline can read) or a pattern such as "scans/**/*.tif". PIPELINE may be - for standard input.'

/** Every command: what parsing and help read. Data only, so that `imagedoc --help` loads nothing else. */
export const commandTable = {
  run: {
    summary: 'Run a pipeline on files.',
    usage:
      'PIPELINE INPUT… -o DIR [options]\n       imagedoc run PIPELINE DOCUMENT… --server URL [options]\n       imagedoc run PIPELINE --collection ID|TITLE --server URL [options]',
    details: [
      inputDetails,
      'Each input gets a folder of its own: DIR/<input>/<output>, beside a receipt.json that says how the outputs came to be. A file that is there with the same bytes is left alone; one with other content is refused without --force. With --gather the outputs go to DIR itself. Nothing is ever written into or over an input.',
      'Results are kept by content in the result cache: what was computed before is not computed again. Ctrl-C stops cleanly and keeps what is finished; pressed twice it stops at once.',
      'With --server the pipeline, a file or the id of a saved one, runs there: on documents by their ids, on files, which are uploaded to the collection first (one that is there with its name and content is not sent again), or without inputs on each document of the collection, with --gather on all of them as one input that becomes a new document. Each run makes a new version of its document. With -o its files are downloaded too, laid out as above. Ctrl-C cancels the runs and waits for their end; pressed twice it leaves at once and says what becomes of them.',
    ],
    positionals: {
      min: 1,
      max: Number.POSITIVE_INFINITY,
      missing: 'run needs a pipeline and at least one input: imagedoc run PIPELINE INPUT… -o DIR.',
    },
    options: {
      output: { type: 'string', short: 'o', value: 'DIR', summary: 'Folder for the outputs.' },
      server,
      collection: {
        type: 'string',
        short: 'c',
        value: 'ID|TITLE',
        summary: 'With --server: where files are uploaded to; without inputs, what to work on.',
      },
      create: { type: 'boolean', summary: 'Make the collection when there is none of this title.' },
      damaged: { ...damaged, summary: `With --server: ${damaged.summary.charAt(0).toLowerCase()}${damaged.summary.slice(1)}` },
      input: { ...input, value: 'NAME=FILE', summary: `${input.summary} With --server also the id of a document.` },
      gather,
      title: { type: 'string', value: 'TITLE', summary: 'Of the document that --gather makes. Default: that of the collection.' },
      set,
      force,
      jobs: {
        type: 'string',
        short: 'j',
        value: 'N',
        summary: 'Inputs worked on at a time. Default: 2 (their pages share all cores anyway).',
      },
      'no-cache': noCache,
      cache,
      isolate,
      json: json('one event a line, each with the input it belongs to; the last line is the summary'),
      quiet,
      config,
      ...everywhere,
    },
    examples: [
      'imagedoc run archive-page.json scans/ -o out',
      'imagedoc run archive-page.json book.pdf -o out --set words.languages=\'["por","lat"]\'',
      'imagedoc run to-pdf.json page-*.tif --gather -o book',
      'imagedoc run archive-page.json scans/ --server http://127.0.0.1:8420 --collection Letters --create -o out',
      'imagedoc run archive-page.json --server http://127.0.0.1:8420 --collection Letters',
    ],
  },
  validate: {
    summary: 'Check pipelines and report every problem with its remedy.',
    usage: 'PIPELINE… [options]',
    positionals: { min: 1, max: Number.POSITIVE_INFINITY, missing: 'validate needs a pipeline: imagedoc validate PIPELINE….' },
    options: { set, json: json('{ "pipelines": [{ "pipeline", "valid", "problems" }] }'), config, ...everywhere },
    examples: ['imagedoc validate archive-page.json'],
  },
  explain: {
    summary: 'Show what a run would do: steps, kinds, engines, keys, cache, where it would run.',
    usage: 'PIPELINE INPUT… [options]',
    details: [inputDetails],
    positionals: {
      min: 2,
      max: Number.POSITIVE_INFINITY,
      missing: 'explain needs a pipeline and an input: imagedoc explain PIPELINE INPUT….',
    },
    options: {
      input,
      gather,
      set,
      cache,
      'no-cache': noCache,
      isolate,
      json: json('the explanation, with whole keys'),
      config,
      ...everywhere,
    },
    examples: ['imagedoc explain archive-page.json book.pdf'],
  },
  operations: {
    summary: 'List the installed operations, or describe one with its parameters and an example.',
    usage: '[NAME] [options]',
    positionals: { min: 0, max: 1, missing: '' },
    options: { json: json('the list, parameters as JSON Schema'), config, ...everywhere },
    examples: ['imagedoc operations', 'imagedoc operations image.crop'],
  },
  schema: {
    summary: 'Write the JSON Schema of pipelines for the installed plugins: an editor completes names and parameters with it.',
    usage: '[options]',
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      output: { type: 'string', short: 'o', value: 'FILE', summary: 'Write it to this file instead of standard output.' },
      config,
      ...everywhere,
    },
    examples: ['imagedoc schema -o pipeline.schema.json'],
  },
  replay: {
    summary: 'Run again what a receipt records, and say whether the results are the same.',
    usage: 'RECEIPT INPUT… [options]',
    details: ['The inputs are matched by their content, so their names and order do not matter. Exit code 1 when a result differs.'],
    positionals: {
      min: 2,
      max: Number.POSITIVE_INFINITY,
      missing: 'replay needs a receipt and its inputs: imagedoc replay RECEIPT INPUT….',
    },
    options: {
      output: { type: 'string', short: 'o', value: 'DIR', summary: 'Also write the outputs to this folder.' },
      force,
      cache,
      'no-cache': noCache,
      isolate,
      json: json('one event a line, the last line says whether the results are the same'),
      quiet: { type: 'boolean', short: 'q', summary: 'Say nothing but what differs or failed.' },
      config,
      ...everywhere,
    },
    examples: ['imagedoc replay out/book.pdf/receipt.json book.pdf --no-cache'],
  },
  doctor: {
    summary: 'Check this machine and the servers that the variables name; with a remedy for each thing missing.',
    usage: '[options]',
    positionals: { min: 0, max: 0, missing: '' },
    options: { cache, json: json('{ "ok", "checks": [{ "area", "name", "status", "message", "remedy" }] }'), config, ...everywhere },
    examples: ['imagedoc doctor'],
  },
  cache: {
    summary: 'Show how large the result cache is, or empty it.',
    usage: 'stats|clear [options]',
    positionals: { min: 1, max: 1, missing: 'cache needs to be told what to do: imagedoc cache stats, or imagedoc cache clear.' },
    options: { cache, json: json('the answer as JSON'), ...everywhere },
    examples: ['imagedoc cache stats', 'imagedoc cache clear'],
  },
  ...serverCommands,
  ...processCommands,
  ...backupCommands,
} as const satisfies Record<string, CommandSpecification>

export type CommandName = keyof typeof commandTable
export type CommandOptions<Name extends CommandName> = (typeof commandTable)[Name]['options']
