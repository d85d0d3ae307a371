import type { Descriptor } from '@imagedoc/core'
import type { Context } from 'hono'
import type { HttpEnv } from '../http/env.ts'
import { type ByteRange, requestedRange } from './byte-range.ts'
import { contentDisposition } from './disposition.ts'

/** Bytes to be served. */
export interface Content {
  readonly descriptor: Descriptor
  /** The name under which it is saved. */
  readonly name: string
  /** The body of the answer; called only where it has one. */
  body(range: ByteRange): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>>
  /** Another address that gives the same bytes; undefined when there is none. */
  readonly link?: (() => Promise<string | undefined>) | undefined
}

/**
 * Serves bytes that somebody else made: nothing in them runs, no other site embeds them, and no shared cache keeps them. Every use is asked for
 * again (`no-cache`), because who may see a document can change; the digest as a strong ETag makes that cheap.
 * @see RFC 9110, 13 (conditions) and 14 (ranges)
 */
export async function serveContent(c: Context<HttpEnv>, { descriptor, name, body: bodyIn, link }: Content): Promise<Response> {
  const { mediaType, size } = descriptor
  const etag = `"${descriptor.digest}"`
  const headers = { ...protective, ETag: etag, 'Accept-Ranges': 'bytes' }
  if (matches(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  const range = requestedRange(rangeHeader(c, etag), size)
  if (range === 'unsatisfiable') return new Response(null, { status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` } })
  const elsewhere = c.req.method === 'GET' ? await link?.() : undefined
  // The address is for this caller and for now.
  if (elsewhere !== undefined)
    return new Response(null, { status: 307, headers: { ...protective, 'Cache-Control': 'no-store', Location: elsewhere } })
  const { start, end } = range === 'whole' ? { start: 0, end: size } : range
  const described = {
    ...headers,
    'Content-Type': mediaType,
    'Content-Length': String(end - start),
    'Content-Disposition': contentDisposition(name, mediaType),
    ...(range !== 'whole' && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  }
  const body = c.req.method === 'HEAD' ? null : await bodyIn({ start, end })
  return new Response(body, { status: range === 'whole' ? 200 : 206, headers: described })
}

const protective = {
  'Cache-Control': 'private, no-cache',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-site',
  'X-Content-Type-Options': 'nosniff',
}

/** Ranges are for GET only; and after `If-Range` only of the very same bytes. */
function rangeHeader(c: Context<HttpEnv>, etag: string): string | undefined {
  const condition = c.req.header('if-range')?.trim()
  const applies = c.req.method === 'GET' && (condition === undefined || condition === etag)
  return applies ? c.req.header('range') : undefined
}

/** `If-None-Match` compares weakly. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((item) => ['*', etag].includes(item.trim().replace(/^W\//, '')))
}
