import type { HttpBindings } from '@hono/node-server'
import { errorCodes } from '@imagedoc/core'
import type { Context } from 'hono'
import { callerOf, type HttpEnv } from '../http/env.ts'
import { reasonOf } from '../logging/log.ts'
import { publicError } from '../rpc/errors.ts'
import type { Services } from '../services.ts'
import { sentBody } from './sent-body.ts'

type Needs = Pick<Services, 'access' | 'log' | 'queues'>

/** Answers that are no longer are in the connection's own memory at once. */
const SMALL_BYTES = 64 * 1024

/** What is sent of a document. */
export interface Sent {
  readonly documentId: string
  readonly size: number
  /** Opens it when there is room for another answer. */
  readonly open: () => Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>>
}

/**
 * The body of an answer with a document's bytes: it waits for its turn, is sent piece by piece, and ends when its reader may not see the document any
 * more. @throws RATE_LIMITED; what the bytes cannot be opened for
 */
export async function bodyOf(
  { access, log, queues }: Needs,
  c: Context<HttpEnv>,
  { documentId, size, open }: Sent,
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>> {
  const caller = callerOf(c)
  const signals = [c.req.raw.signal, caller.signal]
  if (size <= SMALL_BYTES) {
    const bytes = await open()
    if (bytes instanceof Uint8Array) return bytes
    return sentBody(bytes, { signals, check: async () => undefined, place: nowhere })
  }
  const place = await queues.downloads.enter(caller.userId, { signal: AbortSignal.any(signals) })
  const opened = await open().catch((error: unknown) => {
    place[Symbol.dispose]()
    throw error
  })
  const { outgoing } = (c.env ?? {}) as unknown as Partial<HttpBindings>
  return sentBody(opened, {
    signals,
    place,
    check: () => access.document(caller, documentId, { role: 'viewer' }),
    cut: outgoing && (() => void outgoing.destroy()),
    failed: (error) => {
      if (errorCodes[publicError(error).code].status >= 500) log.error({ document: documentId, reason: reasonOf(error) }, 'download')
    },
  })
}

const nowhere: Disposable = { [Symbol.dispose]: () => {} }
