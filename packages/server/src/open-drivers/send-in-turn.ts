import type { Queues } from '../queues/queues.ts'
import type { Id } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'

/** Lets a part of an upload go to the bucket when it is the turn of the upload's user. */
export type SendInTurn = (upload: Id, send: () => Promise<void>) => Promise<void>

/** Parts wait in the queue of their user; those of an upload whose row is gone, in one of their own. */
export function createSendInTurn({ uploads }: Pick<Tables, 'uploads'>, { uploadParts }: Pick<Queues, 'uploadParts'>): SendInTurn {
  return async (upload, send) => uploadParts.run((await uploads.get(upload))?.user_id ?? upload, send)
}
