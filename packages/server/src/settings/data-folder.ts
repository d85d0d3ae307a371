import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageDocError, isDiskFull } from '@imagedoc/core'

/** What the embedded drivers and unfinished uploads use in it. */
const parts = ['blobs', 'cache', 'uploads']

/**
 * Makes the data folder for the server's user alone and sees that it can be written to: else the first user would find out.
 * @throws INVALID_CONFIG naming the part, never the path
 */
export async function makeDataFolder(path: string): Promise<void> {
  await makeUsable(path, 'The data folder')
  for (const part of parts) await makeUsable(join(path, part), `The folder "${part}" in the data folder`)
}

async function makeUsable(path: string, name: string): Promise<void> {
  const refused = (what: string) => (error: NodeJS.ErrnoException) => {
    if (isDiskFull(error))
      throw new ImageDocError('STORE_FULL', `${name} cannot be ${what}: the disk is full. Make room on it, then start again.`, {
        cause: error,
      })
    throw new ImageDocError('INVALID_CONFIG', `${name} cannot be ${what} (${error.code}). Set IMAGEDOC_DATA to another.`, { cause: error })
  }
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(refused('made'))
  await access(path, constants.R_OK | constants.W_OK | constants.X_OK).catch(refused('written to'))
}
