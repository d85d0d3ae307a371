import type { BlobStore, ResultCache, Stored, Table } from '@imagedoc/core'
import { ImageDocError } from '@imagedoc/core'
import type { Room } from './room.ts'

type Watching = Pick<Room, 'assert' | 'isFull' | 'note'>

/** Rows are added only while there is room; they are changed and deleted always. */
export function tableWithRoom<Row extends Stored>(table: Table<Row>, room: Watching): Table<Row> {
  return {
    ...table,
    insert: async (row) => {
      room.assert()
      await noting(room, table.insert(row))
    },
    replaceIf: (row) => noting(room, table.replaceIf(row)),
  }
}

/** The same of blobs. */
export function blobsWithRoom(blobs: BlobStore, room: Watching): BlobStore {
  return {
    ...blobs,
    put: async (namespace, content, options) => {
      room.assert()
      const given = content instanceof Uint8Array ? content : content.pipeThrough(whileRoom(room))
      return noting(room, blobs.put(namespace, given, options))
    },
    promote: (digest) => noting(room, blobs.promote(digest)),
  }
}

/** A cache in files keeps nothing more while the disk is full. */
export function cacheWithRoom(cache: ResultCache, room: Watching): ResultCache {
  return {
    ...cache,
    put: async (key, record, options) => {
      if (room.isFull()) throw new ImageDocError('CACHE_UNAVAILABLE', 'The result cache keeps nothing more: the disk is full.')
      await cache.put(key, record, options)
    },
  }
}

/** Bytes on their way to the disk end with STORE_FULL when it becomes full: what was given back to it is for deleting. */
function whileRoom({ assert }: Pick<Room, 'assert'>): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(piece, controller) {
      assert()
      controller.enqueue(piece)
    },
  })
}

async function noting<Value>(room: Pick<Room, 'note'>, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    room.note(error)
    throw error
  }
}
