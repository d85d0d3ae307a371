import { type Digest, ImageDocError, isDigest } from '@imagedoc/core'
import { z } from 'zod'
import type { Notes } from './notes.ts'

/** Raised when an older ImageDoc could not restore what this one writes. */
const FORMAT_VERSION = 1

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value))
const count = z.int().nonnegative()
/** A blob of lines, compressed by zstd. */
const part = z.strictObject({ digest, lines: count })

const schema = z.strictObject({
  format: z.literal('imagedoc-backup'),
  version: z.literal(FORMAT_VERSION),
  /** That wrote it. */
  product: z.string(),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  /** How many documents, and how many blobs and bytes they and their versions name. */
  documents: count,
  blobs: count,
  bytes: count,
  /** Blobs that could not be read when the backup was made: the first hundred. Their documents are not whole. */
  lost: z.array(z.strictObject({ document: z.string(), digest, why: z.enum(['missing', 'damaged']) })),
  /** Rows of all tables: each line is `[table, row]`. Of two lines about one row the later counts. */
  rows: z.array(part),
  /** The digests of those blobs, one in a line. */
  digests: z.array(part),
})

/** What one backup consists of. */
export type Manifest = z.infer<typeof schema>
export type Part = Manifest['rows'][number]

const ENDING = '.json'
/** Of a name such as `2026-12-01T02-30-00.000Z`, the moment at which the backup began. Other files that lie there are none of ours. */
const manifestFile = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.json$/

export const nameAt = (moment: Date): string => moment.toISOString().replaceAll(':', '-')

/** Complete backups, the oldest first. */
export async function backupNames(notes: Notes): Promise<string[]> {
  return (await notes.list()).filter((name) => manifestFile.test(name)).map((name) => name.slice(0, -ENDING.length))
}

export async function writeManifest(notes: Notes, name: string, manifest: Omit<Manifest, 'format' | 'version'>): Promise<void> {
  const whole: Manifest = { format: 'imagedoc-backup', version: FORMAT_VERSION, ...manifest }
  await notes.write(name + ENDING, `${JSON.stringify(whole, null, 2)}\n`)
}

/** @throws NOT_FOUND; CORRUPT_INPUT for a file that is damaged; INVALID_CONFIG for one of a newer ImageDoc */
export async function readManifest(notes: Notes, name: string): Promise<Manifest> {
  const text = await notes.read(name + ENDING)
  if (text === undefined)
    throw new ImageDocError('NOT_FOUND', `There is no complete backup ${name} here. imagedoc restore … --list shows those that are.`)
  const json = parsed(text)
  const { version } = (json ?? {}) as { version?: unknown }
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new ImageDocError(
      'INVALID_CONFIG',
      `The backup ${name} was written by a newer ImageDoc (format ${version}; this one knows ${FORMAT_VERSION}). Restore it with that one.`,
    )
  }
  const manifest = schema.safeParse(json)
  if (manifest.success) return manifest.data
  throw new ImageDocError(
    'CORRUPT_INPUT',
    `The file backups/${name}${ENDING} of the backup is damaged. Choose another backup with --backup; --list names them.`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const removeManifest = (notes: Notes, name: string): Promise<void> => notes.remove(name + ENDING)
