import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes that wait on the disk: as many clients as like may send slowly, and none of it is in memory. */
export interface Spool extends AsyncDisposable {
  readonly size: number
  write(bytes: Uint8Array): Promise<void>
  /** All of it, into memory that has room for it. */
  read(memory: Uint8Array): Promise<Uint8Array>
  /** Begins anew. */
  clear(): void
}

/** A file without a name: nobody else can open it, and it is gone with the process. */
export async function createSpool(): Promise<Spool> {
  const path = join(tmpdir(), `imagedoc-spool-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await rm(path).catch(async (error: unknown) => {
    await file.close()
    throw error
  })
  let size = 0
  return {
    get size() {
      return size
    },
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, size + done)).bytesWritten
      size += bytes.length
    },
    async read(memory) {
      const bytes = memory.subarray(0, size)
      for (let done = 0; done < size; ) {
        const { bytesRead } = await file.read(bytes, done, size - done, done)
        if (bytesRead === 0) throw new Error('A temporary file is shorter than what was written to it.')
        done += bytesRead
      }
      return bytes
    },
    clear() {
      size = 0
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}
