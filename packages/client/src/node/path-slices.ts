import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { ImageDocError } from '@imagedoc/core/errors'
import { digestOf, refuseEmpty, type Slices } from './slices.ts'

/** A file on this machine. It is read twice: its digest is said before its first byte is sent, so that the server can compare. */
export async function pathSlices(path: string, signal: AbortSignal | undefined): Promise<Slices> {
  const name = basename(path)
  const unreadable = (error: unknown): never => {
    throw new ImageDocError('INPUT_MISSING', `The file ${name} could not be read.`, { cause: error })
  }
  // Before it is opened: a pipe would never come back.
  if (!(await stat(path).catch(unreadable)).isFile()) throw new ImageDocError('INPUT_MISSING', `${name} is not a file.`)
  const file = await open(path).catch(unreadable)
  try {
    const found = await file.stat()
    refuseEmpty(found.size)
    const digest = await digestOf(file.createReadStream({ start: 0, autoClose: false }), signal)
    return {
      size: found.size,
      name,
      async read(start, end) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start).catch(unreadable)
        if (bytesRead < end - start) throw new ImageDocError('INPUT_MISSING', `The file ${name} became shorter while it was sent.`)
        return buffer
      },
      digest: () => digest,
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}
