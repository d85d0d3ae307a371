import { crc32 } from 'node:zlib'
import type { Descriptor, Digest } from '../artifact/digest.ts'
import type { ResultRecord, StoredAlias, StoredArtifact, StoredItems } from '../ports/result-cache.ts'

/** What is kept beside a record. */
export interface RecordEnvelope {
  /** Hex digits of the result key: a record under another name is not this one. */
  key: string
  /** Milliseconds since 1970; absent when it does not expire. */
  expiresAt?: number
}

export interface DecodedRecord {
  record: ResultRecord
  expiresAt: number | undefined
}

/**
 * One value: magic, crc32 of all that follows, length of the JSON, the JSON, then the inline bytes one after the other (in base64 they would be a third
 * larger). The crc guards against damage, not against people: who can write to a cache can write any record.
 */
const MAGIC = Buffer.from('IDR1')
const CRC_AT = 4
const LENGTH_AT = 8
const JSON_AT = 12

/** A record as bytes. Equal records give equal bytes. */
export function encodeRecord(record: ResultRecord, envelope: RecordEnvelope): Buffer {
  const inline: Uint8Array[] = []
  const artifact = (stored: StoredArtifact) => {
    if (stored.inline === undefined) return stored
    inline.push(stored.inline)
    return { ...stored, inline: stored.inline.length }
  }
  const header = Buffer.from(JSON.stringify({ ...envelope, record: { ...record, output: mapArtifacts(record.output, artifact) } }))
  const head = Buffer.alloc(JSON_AT)
  MAGIC.copy(head)
  head.writeUInt32LE(header.length, LENGTH_AT)
  const bytes = Buffer.concat([head, header, ...inline])
  bytes.writeUInt32LE(crc32(bytes.subarray(LENGTH_AT)), CRC_AT)
  return bytes
}

/** The record again; its inline bytes are views into `bytes`. `undefined` when anything is wrong with them: a damaged record is a miss. */
export function decodeRecord(bytes: Buffer, key: string): DecodedRecord | undefined {
  if (bytes.length < JSON_AT || !bytes.subarray(0, CRC_AT).equals(MAGIC)) return undefined
  if (bytes.readUInt32LE(CRC_AT) !== crc32(bytes.subarray(LENGTH_AT))) return undefined
  let at = JSON_AT + bytes.readUInt32LE(LENGTH_AT)
  const { record, ...envelope } = JSON.parse(bytes.toString('utf8', JSON_AT, at)) as EncodedHeader
  if (envelope.key !== key || record.schemaVersion !== 2) return undefined
  const output = mapArtifacts(record.output, ({ inline, ...stored }: EncodedArtifact): StoredArtifact => {
    if (inline === undefined) return stored
    at += inline
    return { ...stored, inline: new Uint8Array(bytes.buffer, bytes.byteOffset + at - inline, inline) }
  })
  return { record: { ...record, output }, expiresAt: envelope.expiresAt }
}

/** How many of the first bytes of a value {@link peekRecord} needs. `undefined` when they are not those of a record. */
export function headerBytesOf(start: Buffer): number | undefined {
  return start.length < JSON_AT || !start.subarray(0, CRC_AT).equals(MAGIC) ? undefined : JSON_AT + start.readUInt32LE(LENGTH_AT)
}

/** What a purge needs to know, without the inline bytes and so without the check. `undefined` when it is no record. */
export function peekRecord(start: Buffer): { source: Digest | undefined; references: Descriptor[] } | undefined {
  try {
    const { record } = JSON.parse(start.toString('utf8', JSON_AT, headerBytesOf(start))) as EncodedHeader
    return { source: onlySource(record), references: referencesOf(record) }
  } catch {
    return undefined
  }
}

/** The original that a record was made from, when it was made from one only. */
export function onlySource({ sources }: Pick<ResultRecord, 'sources'>): Digest | undefined {
  return new Set(sources).size === 1 ? sources[0] : undefined
}

/** What a record keeps in the blob store. */
export function referencesOf(record: ResultRecord | EncodedRecord): Descriptor[] {
  return artifactsOf(record).flatMap(({ inline, descriptor }) => (inline === undefined ? [descriptor] : []))
}

/** Every artifact of a record; none for an alias. */
export function artifactsOf(record: ResultRecord | EncodedRecord): (StoredArtifact | EncodedArtifact)[] {
  const artifacts: (StoredArtifact | EncodedArtifact)[] = []
  mapArtifacts<StoredArtifact | EncodedArtifact, number>(record.output, (stored) => artifacts.push(stored))
  return artifacts
}

/** The same output with every artifact replaced; aliases stay. */
export function mapArtifacts<From extends { kind: string }, To>(output: OutputOf<From>, replace: (artifact: From) => To): OutputOf<To> {
  if ('alias' in output) return output
  if (!('items' in output)) return replace(output)
  return { ...output, items: output.items.map(replace) }
}

type EncodedArtifact = Omit<StoredArtifact, 'inline'> & { inline?: number }
type EncodedRecord = Omit<ResultRecord, 'output'> & { output: OutputOf<EncodedArtifact> }
type EncodedHeader = RecordEnvelope & { record: EncodedRecord }
type OutputOf<Artifact> = Artifact | (Omit<StoredItems, 'items'> & { items: Artifact[] }) | StoredAlias
