import { digestOf, extensionOf, ImageDocError, mediaTypeOfName } from '@imagedoc/core'
import { type Context, Hono } from 'hono'
import { cacheScopeOf } from '../cache-scope.ts'
import { callerOf, type HttpEnv } from '../http/env.ts'
import type { Document, Version } from '../records/document.ts'
import type { Services } from '../services.ts'
import type { ByteRange } from './byte-range.ts'
import { openStored } from './open-stored.ts'
import { makePageImage, PAGE_WIDTHS } from './page-image.ts'
import { bodyOf } from './send.ts'
import { type Content, serveContent } from './serve-content.ts'

type Needs = Pick<Services, 'access' | 'blobs' | 'downloads' | 'interactive' | 'log' | 'queues' | 'settings' | 'tables'>

const DEFAULT_WIDTH = 640

/**
 * Plain HTTP for documents' bytes:
 * `/documents/<id>/file` (the original), `/documents/<id>/versions/<n>/<output>` (`?page=` where an output has several),
 * `/documents/<id>/pages/<n>?width=` (a page as a JPEG).
 */
export function createFileRoutes(services: Needs): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const found = (c: Context<HttpEnv>): ReturnType<Services['access']['document']> =>
    services.access.document(callerOf(c), c.req.param('id') ?? '', { role: 'viewer' })
  const documentOf = async (c: Context<HttpEnv>): Promise<Document> => (await found(c)).document

  app.get('/documents/:id/file', async (c) => {
    const { _id, original, title } = await documentOf(c)
    return serveContent(c, stored(services, c, { documentId: _id, descriptor: original, name: withExtension(title, original.mediaType) }))
  })

  app.get('/documents/:id/versions/:number/:output', async (c) => {
    const document = await documentOf(c)
    const version = await versionOf(services, document, c.req.param('number'))
    const { descriptor, name } = outputOf(version, { name: c.req.param('output'), page: c.req.query('page') })
    return serveContent(c, stored(services, c, { documentId: document._id, descriptor, name: `${document.title} ${name}` }))
  })

  app.get('/documents/:id/pages/:number', async (c) => {
    const { document, collection } = await found(c)
    const page = wholeNumber(c.req.param('number'))
    if (page === undefined || page < 1 || page > document.pages) throw notFound('page')
    const width = widthOf(c.req.query('width'))
    const make = async (signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> =>
      fresh(await (await makePageImage(services, document, { page, width, signal, ...cacheScopeOf(services, collection) })).bytes(signal))
    const bytes = await services.queues.pageImages.run(callerOf(c).userId, make, { signal: signalOf(c) })
    const descriptor = { mediaType: 'image/jpeg', digest: digestOf(bytes), size: bytes.length }
    const body = ({ start, end }: ByteRange) =>
      bodyOf(services, c, { documentId: document._id, size: end - start, open: async () => bytes.subarray(start, end) })
    return serveContent(c, { descriptor, name: `${document.title} ${page}.jpg`, body })
  })
  return app
}

/** Aborts when the client has gone and when her token has ended. */
const signalOf = (c: Context<HttpEnv>): AbortSignal => AbortSignal.any([c.req.raw.signal, callerOf(c).signal])

interface Stored extends Omit<Content, 'body' | 'link'> {
  readonly documentId: string
}

function stored(services: Needs, c: Context<HttpEnv>, { documentId, ...content }: Stored): Content {
  const { blobs, downloads } = services
  const whole = content.descriptor.size
  return {
    ...content,
    link: downloads && (() => downloads.linkTo(content.descriptor, content)),
    // A whole read is checked against the digest; one with bounds cannot be.
    body: ({ start, end }) => {
      const range = start > 0 || end < whole ? { start, end } : {}
      const open = () => openStored(blobs, content.descriptor.digest, { ...range, pieces: true, signal: signalOf(c) })
      return bodyOf(services, c, { documentId, size: end - start, open })
    },
  }
}

async function versionOf({ tables }: Needs, { _id }: Document, number: string): Promise<Version> {
  const wanted = wholeNumber(number)
  if (wanted === undefined) throw notFound('version')
  const { rows } = await tables.versions.list({ index: 'by_document', equals: [_id, wanted], limit: 1 })
  if (!rows[0]) throw notFound('version')
  return rows[0]
}

function outputOf({ outputs }: Version, wanted: { name: string; page: string | undefined }): Version['outputs'][number] {
  const named = outputs.filter(({ name, page }) => name === wanted.name && (wanted.page === undefined || page === wanted.page))
  if (named.length > 1) {
    throw new ImageDocError('INVALID_REQUEST', `"${wanted.name}" has ${named.length} pages; say which one with "?page=".`, { path: 'page' })
  }
  if (!named[0]) throw notFound('output')
  return named[0]
}

function widthOf(value: string | undefined): number {
  if (value === undefined) return DEFAULT_WIDTH
  const width = wholeNumber(value)
  if (width !== undefined && PAGE_WIDTHS.includes(width)) return width
  throw new ImageDocError('INVALID_REQUEST', `"width" must be one of ${PAGE_WIDTHS.join(', ')}.`, { path: 'width' })
}

const wholeNumber = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)

function withExtension(title: string, mediaType: string): string {
  const extension = extensionOf(mediaType)
  return extension === undefined || mediaTypeOfName(title) === mediaType ? title : `${title}.${extension}`
}

/** A view of its own memory, as a response wants it. */
const fresh = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)

function notFound(what: string): ImageDocError {
  return new ImageDocError('NOT_FOUND', `The document has no such ${what}.`, {
    path: what === 'page' || what === 'version' ? 'number' : what,
  })
}
