import { type Descriptor, ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { type Id, isId } from '../records/id.ts'
import type { Upload } from '../records/upload.ts'
import type { Services } from '../services.ts'

/**
 * The caller's own upload, complete, checked and in the blob store: what a document is made of. It stays until `removeUpload`.
 * @throws NOT_FOUND for a stranger's, an expired and an unknown one; INVALID_REQUEST when it is not complete
 */
export async function claimUpload(
  services: Pick<Services, 'tables' | 'now'>,
  caller: Pick<Caller, 'userId'>,
  uploadId: string,
): Promise<Upload & { readonly original: Descriptor }> {
  const upload = await ownUpload(services, caller, uploadId)
  const { original } = upload
  if (original) return { ...upload, original }
  throw new ImageDocError('INVALID_REQUEST', 'The upload is not complete: send the rest of the file, then repeat this.', { path: 'upload' })
}

/** The caller's own upload, complete or not. @throws NOT_FOUND */
export async function ownUpload(
  { tables, now }: Pick<Services, 'tables' | 'now'>,
  caller: Pick<Caller, 'userId'>,
  id: string,
): Promise<Upload> {
  const upload = isId(id) ? await tables.uploads.get(id) : undefined
  if (upload && upload.user_id === caller.userId && upload.expires_at > now()) return upload
  throw noSuchUpload()
}

/** Forgets an upload, with the bytes that are not in the blob store yet. False when somebody else did so before. */
export async function removeUpload({ uploads, tables }: Pick<Services, 'uploads' | 'tables'>, id: Id): Promise<boolean> {
  const wasThere = await tables.uploads.delete(id)
  // Without a row its bytes are of no use to anybody: what cannot be removed now is the sweep's.
  await uploads.delete(id).catch(() => {})
  return wasThere
}

export function noSuchUpload(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'There is no such upload: it has expired, it was refused or deleted, or it is not yours.', {
    path: 'upload',
  })
}
