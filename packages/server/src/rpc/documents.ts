import { type Digest, isDigest, type Receipt } from '@imagedoc/core'
import { z } from 'zod'
import { createDocument } from '../documents/create-document.ts'
import {
  listDocuments,
  listVersions,
  moveDocument,
  purgeFromTrash,
  restoreVersion,
  setDocumentTrashed,
  updateDocument,
} from '../documents/documents.ts'
import { hasText, textVersionOf } from '../documents/text-version.ts'
import { versionReceipt } from '../documents/version-receipt.ts'
import { documentsTag } from '../documents/written.ts'
import type { Document, Version } from '../records/document.ts'
import type { Services } from '../services.ts'
import { purgeTime, type TrashSettings } from '../sweep/purge-time.ts'
import { jsonOut } from './json-value.ts'
import { id, idempotencyKey, isoDate, jsonValue, pageOf, pageQuery, revision, title } from './schema.ts'
import type { Procedures } from './trpc.ts'

const METADATA_KEYS = 100
const METADATA_BYTES = 64 * 1024

const metadataIn = z
  .record(z.string().min(1).max(100), jsonValue)
  .refine((value) => Object.keys(value).length <= METADATA_KEYS, `at most ${METADATA_KEYS} keys`)
  .refine((value) => JSON.stringify(value).length <= METADATA_BYTES, 'at most 64 KiB')
  .refine(
    (value) =>
      ['author', 'date', 'language'].every((key) => value[key] === undefined || value[key] === null || typeof value[key] === 'string'),
    'author, date and language are text',
  )
const descriptor = z.object({ mediaType: z.string(), digest: z.templateLiteral(['sha256:', z.string()]), size: z.number() })
const documentDto = z.object({
  id,
  revision,
  created_at: isoDate,
  collection_id: id,
  title: z.string(),
  file_url: z.string(),
  metadata: z.record(z.string(), jsonOut),
  original: descriptor,
  pages: z.number(),
  current_version: z.number(),
  /** By whose text it is searched and read: the newest version with text, up to the current one. Null where nothing was read. */
  text_version: z.number().nullable(),
  deleted_at: isoDate.nullable(),
  /** When the sweep removes it for good; null when it is not in the trash. */
  purge_at: isoDate.nullable(),
})
const versionDto = z.object({
  id,
  created_at: isoDate,
  document_id: id,
  number: z.number(),
  run_id: id.nullable(),
  /** Whether its run read any words. */
  has_text: z.boolean(),
  outputs: z.array(z.object({ name: z.string(), kind: z.string(), descriptor, page: z.string().optional() })),
})
const listIn = z
  .strictObject({
    collection_id: id,
    order: z.enum(['newest', 'title']).default('newest'),
    trash: z.boolean().default(false),
    /** Those whose original has this digest: whether a file is there already. */
    digest: z.custom<Digest>(isDigest, 'write it as sha256: and 64 hexadecimal digits').optional(),
    ...pageQuery,
  })
  .refine(({ trash, digest }) => !trash || digest === undefined, { path: ['digest'], error: 'does not go with the trash' })
type DocumentDto = z.infer<typeof documentDto>
type VersionDto = z.infer<typeof versionDto>
/** Of our own making, so only its type is declared. */
const receiptOut = z.custom<Receipt>((value) => typeof value === 'object' && value !== null)

/** Documents: made from uploads, in a collection. */
export function createDocumentsRouter(procedures: Procedures, services: Services) {
  const { router, signedIn } = procedures
  const documentOf = documentsOf(services)
  const one = z.strictObject({ id })
  return router({
    create: signedIn
      .input(z.strictObject({ collection_id: id, upload: id, title: title.optional(), metadata: metadataIn.default({}), idempotencyKey }))
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await createDocument(services, ctx.caller, input))),
    get: signedIn
      .input(one)
      .output(documentDto)
      .query(async ({ ctx, input }) =>
        documentOf((await services.access.document(ctx.caller, input.id, { role: 'viewer', trashed: true })).document),
      ),
    list: signedIn
      .input(listIn)
      .output(pageOf(documentDto))
      .query(async ({ ctx, input }) => {
        // Before the cache is asked, and of the database: who may see is never kept.
        await services.access.collection(ctx.caller, input.collection_id, { role: input.trash ? 'owner' : 'viewer', path: 'collection_id' })
        const key = { list: 'documents', ...input, after: input.after ?? null }
        return services.queryCache.read({ tags: [documentsTag(input.collection_id)], key }, async () => {
          const { rows, next } = await listDocuments(services, input)
          return { items: await Promise.all(rows.map(documentOf)), next }
        })
      }),
    /** A metadata key that is `null` is removed; keys that are not named stay. */
    update: signedIn
      .input(z.strictObject({ id, revision, title: title.optional(), metadata: metadataIn.optional() }))
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await updateDocument(services, ctx.caller, input))),
    move: signedIn
      .input(z.strictObject({ id, revision, collection_id: id }))
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await moveDocument(services, ctx.caller, input))),
    delete: signedIn
      .input(one)
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await setDocumentTrashed(services, ctx.caller, { ...input, trashed: true }))),
    restore: signedIn
      .input(one)
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await setDocumentTrashed(services, ctx.caller, { ...input, trashed: false }))),
    purge: signedIn
      .input(one)
      .output(z.object({ purged: z.literal(true) }))
      .mutation(async ({ ctx, input }) => {
        await purgeFromTrash(services, ctx.caller, input.id)
        return { purged: true }
      }),
    versions: createVersionsRouter(procedures, services),
  })
}

function createVersionsRouter({ router, signedIn }: Procedures, services: Services) {
  const documentOf = documentsOf(services)
  return router({
    list: signedIn
      .input(z.strictObject({ id, ...pageQuery }))
      .output(pageOf(versionDto))
      .query(async ({ ctx, input }) => {
        const { rows, next } = await listVersions(services, ctx.caller, input)
        return { items: rows.map(versionOf), next }
      }),
    /** How it came to be: pipeline, engines, keys, times, diagnostics. */
    receipt: signedIn
      .input(z.strictObject({ id, number: z.int().min(1) }))
      .output(receiptOut)
      .query(({ ctx, input }) => versionReceipt(services, ctx.caller, input)),
    /** Makes it the current one; 0 is the original. */
    restore: signedIn
      .input(z.strictObject({ id, revision, number: z.int().min(0) }))
      .output(documentDto)
      .mutation(async ({ ctx, input }) => documentOf(await restoreVersion(services, ctx.caller, input))),
  })
}

type Needs = Pick<Services, 'tables'> & { readonly settings: TrashSettings }

function documentsOf({ tables, settings }: Needs): (row: Document) => Promise<DocumentDto> {
  return async ({ _id, created_at, deleted_at, metadata, original, text, version_bytes: _, ...rest }) => ({
    id: _id,
    ...rest,
    text_version: await textVersionOf({ tables }, { _id, text, ...rest }),
    metadata: { ...metadata } as DocumentDto['metadata'],
    original: { ...original },
    created_at: created_at.toISOString(),
    deleted_at: deleted_at?.toISOString() ?? null,
    purge_at: purgeTime(deleted_at, settings)?.toISOString() ?? null,
  })
}

function versionOf(version: Version): VersionDto {
  const { _id, created_at, document_id, number, run_id, outputs } = version
  return {
    has_text: hasText(version),
    id: _id,
    created_at: created_at.toISOString(),
    document_id,
    number,
    run_id,
    outputs: outputs.map((output) => ({ ...output, descriptor: { ...output.descriptor } })),
  }
}
