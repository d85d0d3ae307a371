import { ImageDocError } from '@imagedoc/core'
import { type CollectionRole, roleIn } from '../access/collection-access.ts'
import type { Collection } from '../records/collection.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'tables'>

/**
 * A run waits, and whoever started it may have lost her rights meanwhile: then nothing is read for her. Asked each time a process takes the run.
 * @throws FORBIDDEN; NOT_FOUND when a document or collection is gone or in the trash
 */
export async function assertMayBegin(services: Needs, run: Run): Promise<void> {
  const collectionId = await assertMayWrite(services, run)
  const collection = await services.tables.collections.get(collectionId)
  if (!collection || collection.deleted_at !== null) throw goneError()
  await assertMayRead(services, run.user_id, run.inputs)
}

/**
 * Asked again before anything is published: a page of it may have taken hours. Gives where the document is by now.
 * @throws FORBIDDEN; NOT_FOUND when the document or its collection is gone
 */
export async function assertMayWrite({ tables }: Needs, { user_id, document_id, collection_id, gather }: Run): Promise<Id> {
  const user = await tables.users.get(user_id)
  if (!user?.active) throw forbidden('is not active any more')
  const document = document_id === null || gather ? undefined : await tables.documents.get(document_id)
  if (document_id !== null && !gather && !document) throw goneError()
  const collection = await tables.collections.get(document?.collection_id ?? collection_id)
  if (!collection) throw goneError()
  const role = roleIn(collection, user_id)
  if (!role || !canWrite.includes(role)) throw forbidden('may not change this collection any more')
  return collection._id
}

const canWrite: readonly CollectionRole[] = ['editor', 'owner']

/** Whether a user may read every document that a run reads. @throws FORBIDDEN; NOT_FOUND for one in a collection that is in the trash */
export async function assertMayRead({ tables }: Needs, userId: Id, inputs: Run['inputs']): Promise<void> {
  const ids = new Set(Object.values(inputs).flatMap((given) => [given].flat().map(({ document_id }) => document_id)))
  const documents = await Promise.all([...ids].map((id) => tables.documents.get(id)))
  const collectionIds = new Set(documents.flatMap((document) => document?.collection_id ?? []))
  const collections = await Promise.all([...collectionIds].map((id) => tables.collections.get(id)))
  // What is gone is said when it is opened.
  const isSeen = (collection: Collection | undefined): boolean => !collection || roleIn(collection, userId) !== undefined
  if (!collections.every(isSeen)) throw forbidden('may not see every document any more that the run reads')
  // A document says nothing of the trash that its collection is in.
  if (collections.some((collection) => collection && collection.deleted_at !== null)) throw goneError()
}

function forbidden(why: string): ImageDocError {
  return new ImageDocError('FORBIDDEN', `The user of this run ${why}: nothing was done in her name. Somebody who may can start it anew.`)
}

function goneError(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'The document of this run, or its collection, is not there any more.')
}
