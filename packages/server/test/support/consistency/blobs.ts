import { createDigester, type Descriptor, type Digest } from '@imagedoc/core'
import type { Services } from '../../../src/services.ts'
import type { Everything } from './everything.ts'

interface Held {
  readonly digest: Digest
  /** Undefined where the row does not say. */
  readonly size: number | undefined
  readonly by: string
}

/** Every blob that a row names is owned, has its size, and its bytes are what the digest says. */
export async function blobProblems({ blobs }: Pick<Services, 'blobs'>, everything: Everything): Promise<string[]> {
  const problems: string[] = []
  const read = new Map<Digest, string | undefined>()
  for (const { digest, size, by } of heldBlobs(everything)) {
    const found = await blobs.stat(digest)
    if (!found) problems.push(`${by} names ${digest}, which is not there`)
    else if (!found.namespaces.includes('objects')) problems.push(`${by} names ${digest}, which only the cache has`)
    else if (size !== undefined && found.size !== size) problems.push(`${by} names ${digest} of ${size} bytes, which has ${found.size}`)
    if (!found) continue
    if (!read.has(digest)) read.set(digest, await digestIn(blobs, digest))
    if (read.get(digest) !== digest) problems.push(`${by} names ${digest}, whose bytes are ${read.get(digest)}`)
  }
  return problems
}

function* heldBlobs({ documents, versions, uploads, runPages }: Everything): Generator<Held> {
  const held = ({ digest, size }: Descriptor, by: string): Held => ({ digest, size, by })
  for (const { _id, original } of documents) yield held(original, `document ${_id}`)
  for (const { _id, original } of uploads) if (original) yield held(original, `upload ${_id}`)
  for (const { _id, outputs, layouts, receipt } of versions) {
    for (const { name, descriptor } of outputs) yield held(descriptor, `version ${_id}, output ${name},`)
    for (const { page, descriptor } of layouts) yield held(descriptor, `version ${_id}, layout of ${page},`)
    if (receipt) yield { digest: receipt, size: undefined, by: `version ${_id}, receipt,` }
  }
  for (const { _id, run_id, blob } of runPages) if (blob) yield { digest: blob, size: undefined, by: `page ${_id} of run ${run_id}` }
}

async function digestIn(blobs: Services['blobs'], digest: Digest): Promise<string> {
  try {
    const digester = createDigester()
    for await (const piece of await blobs.open(digest)) digester.update(piece)
    return digester.digest()
  } catch (error) {
    return `not readable: ${error instanceof Error ? error.message : String(error)}`
  }
}
