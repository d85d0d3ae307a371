import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { type BlobStore, ImageDocError } from '@imagedoc/core'
import type { Part } from './manifest.ts'

/** Before it is compressed. */
const PART_BYTES = 4 * 2 ** 20

const MEDIA_TYPE = 'application/x-ndjson+zstd'

const pack = promisify(zstdCompress)
const unpack = promisify(zstdDecompress)

/** Lines, put away as blobs of some megabytes: nothing is written for long, what did not change is there already, and each is checked by its digest. */
export interface PartWriter {
  add(line: string): Promise<void>
  end(): Promise<Part[]>
}

export function createPartWriter(blobs: BlobStore): PartWriter {
  const parts: Promise<Part>[] = []
  let lines: string[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    const part = putPart(blobs, lines)
    parts.push(part)
    lines = []
    size = 0
    await part
  }
  return {
    async add(line) {
      lines.push(line)
      size += line.length
      if (size >= PART_BYTES) await flush()
    },
    async end() {
      if (lines.length > 0) await flush()
      return Promise.all(parts)
    },
  }
}

async function putPart(blobs: BlobStore, lines: readonly string[]): Promise<Part> {
  const bytes = await pack(Buffer.from(lines.join('\n')))
  const { digest } = await blobs.put('objects', bytes, { mediaType: MEDIA_TYPE })
  return { digest, lines: lines.length }
}

/** The lines of parts, with one part in memory at a time. @throws CORRUPT_INPUT for one that is missing or damaged */
export async function* linesOf(blobs: BlobStore, parts: readonly Part[], signal: AbortSignal): AsyncGenerator<string> {
  for (const part of parts) {
    const lines = (await textOf(blobs, part, signal)).split('\n')
    if (lines.length !== part.lines) throw damaged(part)
    yield* lines
  }
}

async function textOf(blobs: BlobStore, part: Part, signal: AbortSignal): Promise<string> {
  try {
    const packed = await Array.fromAsync(await blobs.open(part.digest, { signal }))
    return (await unpack(Buffer.concat(packed))).toString('utf8')
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'STORE_FAILED' || code === 'CANCELLED') throw error
    throw damaged(part, error)
  }
}

function damaged({ digest }: Part, cause?: unknown): ImageDocError {
  return new ImageDocError(
    'CORRUPT_INPUT',
    `A part of the backup is missing or damaged: ${digest} in objects/. It holds rows of tables, so this backup cannot be restored; choose another one with --backup.`,
    { cause },
  )
}
