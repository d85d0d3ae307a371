import type { CommandSpecification } from '../arguments/specification.ts'
import { config, dataFolder, everywhere, json } from './options.ts'

/** What an installation of several processes needs beside `serve`; see `commandTable`. */
export const processCommands = {
  worker: {
    summary: 'Compute pages of runs for the servers that share a MongoDB and a Redis.',
    usage: '[options]',
    details: [
      'It reads the same variables as the servers and needs IMAGEDOC_MONGODB_URL and IMAGEDOC_REDIS_URL; any number may run, on any machine. SIGINT and SIGTERM stop it within 30 s: pages that are under way are finished, what is not done by then another worker does.',
    ],
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      concurrency: {
        type: 'string',
        short: 'j',
        value: 'N',
        summary: 'Pages at a time. Default: IMAGEDOC_WORKER_CONCURRENCY, else the number of cores and one more.',
      },
      only: {
        type: 'string',
        value: 'NAME,…',
        summary:
          'Take work that ends with these operations alone (ocr for ocr.recognize), with what comes before it on the page. Some other worker must take the rest.',
      },
      port: {
        type: 'string',
        short: 'p',
        value: 'PORT',
        summary: 'Answer /health/live, /health/ready and /metrics there. Default: it does not listen.',
      },
      config,
      ...everywhere,
    },
    examples: ['imagedoc worker', 'imagedoc worker --only ocr --concurrency 4'],
  },
  migrate: {
    summary: 'Bring the database up to date, as every start of a server does.',
    usage: '[options]',
    details: ['Doing it again changes nothing. Servers of an older version must be stopped before.'],
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      data: { type: 'string', value: 'DIR', summary: 'Folder of the embedded database. Default: IMAGEDOC_DATA, else ./.imagedoc.' },
      json: json('{ "place", "tables" }'),
      ...everywhere,
    },
    examples: ['imagedoc migrate'],
  },
  gc: {
    summary: 'Remove what nobody needs any more, as servers do once an hour.',
    usage: '[options]',
    details: [
      'Expired uploads, what interrupted runs left behind, files that no document and no version names, and cached results that have expired. Nothing that is younger than a day goes, so it may run beside servers that share a MongoDB; an embedded database is only free while its server is stopped.',
    ],
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      'dry-run': { type: 'boolean', summary: 'Count what would go, and remove nothing.' },
      data: dataFolder,
      json: json('{ "dry_run", "uploads", "runPages", "blobs", "cachedBlobs" }'),
      ...everywhere,
    },
    examples: ['imagedoc gc --dry-run'],
  },
} as const satisfies Record<string, CommandSpecification>
