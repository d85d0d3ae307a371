import { mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type BlobStore, fromFile, ImageDocError, isDiskFull } from '@imagedoc/core'
import { FileStore } from '@tus/file-store'
import type { Upload } from '@tus/server'
import { type Id, isId } from '../records/id.ts'
import type { Room } from '../room/room.ts'
import { passingBytes } from './passing-bytes.ts'
import type { UploadStore } from './upload-store.ts'

export interface FileUploadStoreOptions {
  /** It is made when it is missing. */
  readonly folder: string
  readonly blobs: Pick<BlobStore, 'put'>
  /** Of the disk that the folder is on. */
  readonly room: Pick<Room, 'assert' | 'look' | 'note'>
}

/**
 * Uploads as files: `<folder>/<id>`, and what the protocol needs to know of them as `<folder>/<id>.json`.
 * @throws INVALID_CONFIG when the folder cannot be made
 */
export function createFileUploadStore({ folder, blobs, room }: FileUploadStoreOptions): UploadStore {
  makeFolder(folder)
  const open: UploadStore['open'] = async (id) => (await fromFile(join(folder, id)).open()).pipeThrough(passingBytes())
  return {
    data: new RoomyFileStore(folder, room),
    open,
    keep: async (id, { mediaType, digest }) => void (await blobs.put('objects', await open(id), { mediaType, expect: digest })),
    async delete(id) {
      const file = join(folder, id)
      await Promise.all([rm(file, { force: true }), rm(`${file}.json`, { force: true })])
    },
    ids: () => idsOnDisk(folder),
  }
}

/** What does not find room is said so: the protocol's own store gives no reason. What was written stays, and the upload goes on from there. */
class RoomyFileStore extends FileStore {
  readonly #room: FileUploadStoreOptions['room']

  constructor(directory: string, room: FileUploadStoreOptions['room']) {
    super({ directory })
    this.#room = room
  }

  override create(upload: Upload): Promise<Upload> {
    return this.#withRoom(() => super.create(upload))
  }

  override write(readable: Readable, id: string, offset: number): Promise<number> {
    const assert = (): void => this.#room.assert()
    async function* whileRoom(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of readable as AsyncIterable<Uint8Array>) {
        assert()
        yield piece
      }
    }
    return this.#withRoom(() => super.write(Readable.from(whileRoom()), id, offset))
  }

  async #withRoom<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#room.assert()
    try {
      return await work()
    } catch (error) {
      if (isDiskFull(error)) this.#room.note(new ImageDocError('STORE_FULL', 'An upload found the disk full.'))
      await this.#room.look()
      this.#room.assert()
      throw error
    }
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
