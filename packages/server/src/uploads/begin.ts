import { type Digest, ImageDocError, isDigest } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { safeFileName } from '../files/file-name.ts'
import { newId } from '../records/id.ts'
import type { Upload } from '../records/upload.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'settings' | 'tables' | 'usage' | 'now'>

/** How long there is to finish an upload and to make a document of it. */
const LIFETIME_MS = 24 * 60 * 60 * 1000
/** Uploads of one user that no document holds yet. */
const MAX_UPLOADS = 200

/** What a client says of the file that it is going to send. */
export interface Announced {
  /** `Upload-Length`. */
  readonly length: string | null
  readonly metadata: Readonly<Record<string, string | null>>
}

/**
 * Takes note of an upload before its first byte.
 * @throws INVALID_REQUEST without a length, or with a digest that is none; EMPTY_INPUT; INPUT_TOO_LARGE; QUOTA_EXCEEDED
 */
export async function beginUpload(services: Needs, caller: Caller, announced: Announced): Promise<{ upload: Upload; digest?: Digest }> {
  const size = sizeOf(announced.length, services.settings.maxUploadBytes)
  const { acceptDamaged, digest, filename, name } = announced.metadata
  if (digest !== undefined && !isDigest(digest)) {
    throw new ImageDocError('INVALID_REQUEST', 'The digest is none; write sha256: and 64 hex digits, or leave it out.', { path: 'digest' })
  }
  await assertRoom(services, caller.userId, size)
  const created = services.now()
  const upload: Upload = {
    _id: newId(),
    revision: 0,
    created_at: created,
    user_id: caller.userId,
    file_name: safeFileName(filename ?? name ?? ''),
    size,
    original: null,
    pages: 0,
    // With a value or without one, as the protocol has it.
    ...(acceptDamaged !== undefined && { accept_damaged: true }),
    expires_at: new Date(created.getTime() + LIFETIME_MS),
  }
  await services.tables.uploads.insert(upload)
  return { upload, ...(digest !== undefined && { digest }) }
}

function sizeOf(length: string | null, most: number): number {
  if (length === null || !/^\d{1,15}$/.test(length)) {
    throw new ImageDocError('INVALID_REQUEST', 'The length of the file must be known from the start: send it as "Upload-Length".', {
      path: 'Upload-Length',
    })
  }
  const size = Number(length)
  if (size === 0) throw new ImageDocError('EMPTY_INPUT', 'The file is empty; it has no bytes.', { path: 'Upload-Length' })
  if (size <= most) return size
  throw new ImageDocError('INPUT_TOO_LARGE', `The file has ${size} bytes; the largest that this server takes has ${most}.`, {
    path: 'Upload-Length',
    details: { size, limit: most },
  })
}

/** What has begun counts as if it were there: else a user could send as much as she likes at once. */
async function assertRoom({ tables, usage, now }: Needs, userId: string, size: number): Promise<void> {
  const [user, used, { rows }] = await Promise.all([
    tables.users.get(userId),
    usage.read(userId),
    // All live as long, so the newest are the ones that live.
    tables.uploads.list({ index: 'by_user', equals: [userId], order: 'descending', limit: MAX_UPLOADS }),
  ])
  const open = rows.filter((row) => row.expires_at > now())
  if (open.length >= MAX_UPLOADS) {
    const message = `You have ${open.length} uploads that no document was made of. Make documents of them or delete some, then try again.`
    throw new ImageDocError('QUOTA_EXCEEDED', message, { details: { uploads: open.length, limit: MAX_UPLOADS } })
  }
  const quota = user?.quota.bytes ?? 0
  const uploading = open.reduce((sum, row) => sum + row.size, 0)
  if (used.bytes + uploading + size <= quota) return
  const message = `Your quota is used up: ${used.bytes} bytes in documents and ${uploading} in uploads of ${quota}, and the file has ${size}. Purge documents, or ask a manager for a larger quota.`
  throw new ImageDocError('QUOTA_EXCEEDED', message, { details: { quota, documents: used.bytes, uploads: uploading, size } })
}
