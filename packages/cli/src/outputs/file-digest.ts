import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createDigester, type Digest, throwIfAborted } from '@imagedoc/core'

/** The digest of a file's content; undefined when it is not there, or cannot be read. @throws CANCELLED */
export async function fileDigest(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<Digest | undefined> {
  if (!(await isFile(path))) return undefined
  const digester = createDigester()
  try {
    for await (const chunk of createReadStream(path, signal ? { signal } : {})) digester.update(chunk as Uint8Array)
    return digester.digest()
  } catch {
    if (signal) throwIfAborted(signal)
    return undefined
  }
}

/** True when the file is there and has this content. */
export async function hasContent(path: string, { digest, size }: { digest: Digest; size: number }): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && found.size === size && (await fileDigest(path)) === digest
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
