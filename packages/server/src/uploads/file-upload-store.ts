import { mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobStore, fromFile, ImageDocError } from '@imagedoc/core'
import { FileStore } from '@tus/file-store'
import { type Id, isId } from '../records/id.ts'
import { passingBytes } from './passing-bytes.ts'
import type { UploadStore } from './upload-store.ts'

export interface FileUploadStoreOptions {
  /** It is made when it is missing. */
  readonly folder: string
  readonly blobs: Pick<BlobStore, 'put'>
}

/**
 * Uploads as files: `<folder>/<id>`, and what the protocol needs to know of them as `<folder>/<id>.json`.
 * @throws INVALID_CONFIG when the folder cannot be made
 */
export function createFileUploadStore({ folder, blobs }: FileUploadStoreOptions): UploadStore {
  makeFolder(folder)
  const open: UploadStore['open'] = async (id) => (await fromFile(join(folder, id)).open()).pipeThrough(passingBytes())
  return {
    data: new FileStore({ directory: folder }),
    open,
    keep: async (id, { mediaType, digest }) => void (await blobs.put('objects', await open(id), { mediaType, expect: digest })),
    async delete(id) {
      const file = join(folder, id)
      await Promise.all([rm(file, { force: true }), rm(`${file}.json`, { force: true })])
    },
    ids: () => idsOnDisk(folder),
  }
}

/** The store would make it later, open to everybody, and end the process when it cannot. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = `The folder "uploads" in the data folder cannot be made: the system says ${code}. Set IMAGEDOC_DATA to another folder.`
    throw new ImageDocError('INVALID_CONFIG', message, { cause: error })
  }
}

async function idsOnDisk(folder: string): Promise<Id[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return [...new Set(names.map((name) => name.replace(/\.json$/, '')))].filter(isId)
}
