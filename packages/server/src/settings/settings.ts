import { BlockList } from 'node:net'
import { defaultLimits, type Limits, type LimitVariable, limitVariables, parseBytes } from '@imagedoc/core'
import { type InfrastructureSettings, infrastructureVariables } from './infrastructure.ts'
import { oneOfWords, parseNetworks, parseOrigin, parseOrigins, parseSecret, parseWebhookHosts, wholeNumber } from './parse.ts'
import { type Environment, readVariable, type Variable } from './variables.ts'

const GIB = 2 ** 30
const HOUR_MS = 3_600_000
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** What the environment decides. Plugins are code and stand in the configuration, never here. */
export interface ServerSettings extends InfrastructureSettings {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Folder of the embedded drivers. */
  readonly dataFolder: string
  /** What users write before a path; undefined: the address that the server listens on. */
  readonly publicUrl: string | undefined
  readonly trustedProxies: BlockList
  readonly corsOrigins: readonly string[]
  readonly registration: 'open' | 'closed'
  /** Of one file. */
  readonly maxUploadBytes: number
  /** Of a new user. */
  readonly quotaBytes: number
  readonly quotaDocuments: number
  readonly trashDays: number
  /** Runs of one user that may wait. */
  readonly maxQueuedRuns: number
  /** What somebody waits for, from when it begins. */
  readonly interactiveSeconds: number
  /** Of computing, of all steps and pages of one run together. */
  readonly maxRunMs: number
  /** Of one image, decoded or made. */
  readonly maxPixels: number
  /** Of one document. */
  readonly maxPages: number
  /** Of one step on one page. */
  readonly maxStepMs: number
  /** Of a child process that works on pages. */
  readonly maxMemoryBytes: number
  /** Among whom results are shared: all, or the documents of one owner. */
  readonly cacheScope: 'shared' | 'owner'
  readonly sessionDays: number
  /** Origins; none: webhooks are refused. */
  readonly webhookHosts: readonly string[]
  readonly webhookSecret: string | undefined
  readonly logLevel: LogLevel
}

type Variables = { readonly [Name in keyof ServerSettings]: Variable<ServerSettings[Name]> }

/** Every variable of the server; `docs/configuration.md` is made from this. */
export const serverVariables: Variables = {
  host: {
    name: 'HOST',
    default: '127.0.0.1',
    meaning: 'Address to listen on. `0.0.0.0` or `::` opens the server to the network.',
    expects: 'an address or a host name',
    parse: (value) => (/^[\w.:-]+$/.test(value) ? value : undefined),
    fallback: '127.0.0.1',
  },
  port: {
    name: 'PORT',
    default: '8420',
    meaning: 'Port to listen on; 0 takes any that is free.',
    expects: 'a whole number from 0 to 65535',
    parse: wholeNumber(0, 65535),
    fallback: 8420,
  },
  dataFolder: {
    name: 'IMAGEDOC_DATA',
    default: './.imagedoc',
    meaning: 'Folder of the embedded database, the documents, the result cache and unfinished uploads: of whatever is not kept elsewhere.',
    expects: 'the path of a folder',
    parse: (value) => value,
    fallback: '.imagedoc',
  },
  publicUrl: {
    name: 'IMAGEDOC_PUBLIC_URL',
    default: 'the address listened on',
    meaning: 'Where users reach the server, behind a proxy for example.',
    expects: 'an origin such as https://archive.example.org, without a path',
    parse: parseOrigin,
    fallback: undefined,
  },
  trustedProxies: {
    name: 'IMAGEDOC_TRUSTED_PROXIES',
    default: 'none',
    meaning: 'Proxies whose `X-Forwarded-For` is believed: addresses and networks with commas between them.',
    expects: 'addresses and networks such as 127.0.0.1,10.0.0.0/8',
    parse: parseNetworks,
    fallback: new BlockList(),
  },
  corsOrigins: {
    name: 'IMAGEDOC_CORS_ORIGINS',
    default: 'none',
    meaning: 'Origins whose pages may call the server from a browser, with commas between them.',
    expects: 'origins such as https://archive.example.org,http://localhost:5173',
    parse: parseOrigins,
    fallback: [],
  },
  registration: {
    name: 'IMAGEDOC_REGISTRATION',
    default: 'closed',
    meaning: '`open`: anybody may register. `closed`: managers make the accounts.',
    expects: '"open" or "closed"',
    parse: oneOfWords('open', 'closed'),
    fallback: 'closed',
  },
  maxUploadBytes: {
    name: 'IMAGEDOC_MAX_UPLOAD',
    default: '2GiB',
    meaning: 'Largest file that can be uploaded.',
    expects: 'a number of bytes, or one with a unit such as 500MB or 2GiB',
    parse: parseBytes,
    fallback: 2 * GIB,
  },
  quotaBytes: {
    name: 'IMAGEDOC_QUOTA_BYTES',
    default: '20GiB',
    meaning: "What a new user's collections may hold in bytes, with what runs make; a manager changes it per user.",
    expects: 'a number of bytes, or one with a unit such as 500MB or 20GiB',
    parse: parseBytes,
    fallback: 20 * GIB,
  },
  quotaDocuments: {
    name: 'IMAGEDOC_QUOTA_DOCUMENTS',
    default: '20000',
    meaning: "How many documents a new user's collections may hold; a manager changes it per user.",
    expects: 'a whole number from 1 to 1000000000',
    parse: wholeNumber(1, 1e9),
    fallback: 20_000,
  },
  trashDays: {
    name: 'IMAGEDOC_TRASH_DAYS',
    default: '30',
    meaning: 'How long the trash keeps documents and collections.',
    expects: 'a whole number of days from 1 to 3650',
    parse: wholeNumber(1, 3650),
    fallback: 30,
  },
  maxQueuedRuns: {
    name: 'IMAGEDOC_MAX_QUEUED_RUNS',
    default: '10000',
    meaning: 'How many runs of one user may wait; more are refused until some are done.',
    expects: 'a whole number from 1 to 1000000',
    parse: wholeNumber(1, 1e6),
    fallback: 10_000,
  },
  interactiveSeconds: {
    name: 'IMAGEDOC_INTERACTIVE_SECONDS',
    default: '15',
    meaning:
      'How long the image of a page, a preview, a search or the look into an uploaded file may take, from when its turn comes; then it is stopped.',
    expects: 'a whole number of seconds from 1 to 600',
    parse: wholeNumber(1, 600),
    fallback: 15,
  },
  maxRunMs: { ...limitVariables.runMs, default: '12h', fallback: 12 * HOUR_MS },
  maxPixels: limited('pixels'),
  maxPages: limited('pages'),
  maxStepMs: limited('timeoutMs'),
  maxMemoryBytes: limited('memoryBytes'),
  cacheScope: {
    name: 'IMAGEDOC_CACHE_SCOPE',
    default: 'shared',
    meaning:
      "Who finds cached results: `shared`: everybody who does the same with the same file, once computed for all; `owner`: each owner of collections only those of the owner's documents, so that neither a hit nor the time tells what others have.",
    expects: '"shared" or "owner"',
    parse: oneOfWords('shared', 'owner'),
    fallback: 'shared',
  },
  sessionDays: {
    name: 'IMAGEDOC_SESSION_DAYS',
    default: '30',
    meaning: 'How long a login lasts.',
    expects: 'a whole number of days from 1 to 365',
    parse: wholeNumber(1, 365),
    fallback: 30,
  },
  ...infrastructureVariables,
  webhookHosts: {
    name: 'IMAGEDOC_WEBHOOK_HOSTS',
    default: 'none',
    meaning:
      'Hosts that may be told of the end of a run, with commas between them; webhooks to others are refused. A host is reached with TLS unless it is written with `http://`, and at its usual port unless one is written.',
    expects: 'hosts such as hooks.example.org,hooks.example.org:8443,http://127.0.0.1:9000, without a path',
    parse: parseWebhookHosts,
    fallback: [],
  },
  webhookSecret: {
    name: 'IMAGEDOC_WEBHOOK_SECRET',
    default: 'none',
    meaning: 'What webhooks are signed with; needed where hosts are allowed. Receivers know it, too.',
    expects: 'at least 32 characters',
    parse: parseSecret,
    fallback: undefined,
  },
  logLevel: {
    name: 'IMAGEDOC_LOG',
    default: 'info',
    meaning: 'Least important lines that are logged: `debug`, `info`, `warn`, `error` or `silent`.',
    expects: `one of ${logLevels.join(', ')}`,
    parse: oneOfWords(...logLevels),
    fallback: 'info',
  },
}

/** The variable of a limit, as the command reads it too. */
function limited(limit: Exclude<keyof Limits, 'runMs'>): LimitVariable & { readonly fallback: number } {
  return { ...limitVariables[limit], fallback: defaultLimits[limit] }
}

/** What runs may cost. A file that could be uploaded can be read: another bound of its bytes would leave documents that no run takes. */
export function limitsOf({ maxMemoryBytes, maxPages, maxPixels, maxRunMs, maxStepMs, maxUploadBytes }: ServerSettings): Limits {
  return {
    pixels: maxPixels,
    bytes: Math.max(maxUploadBytes, defaultLimits.bytes),
    pages: maxPages,
    timeoutMs: maxStepMs,
    runMs: maxRunMs,
    memoryBytes: maxMemoryBytes,
  }
}

/** Reads the variables. @throws INVALID_CONFIG naming the variable and what it expects */
export function readSettings(environment: Environment = process.env): ServerSettings {
  const entries = Object.entries(serverVariables).map(([key, variable]) => [key, readVariable(variable as Variable<unknown>, environment)])
  return Object.fromEntries(entries) as unknown as ServerSettings
}
