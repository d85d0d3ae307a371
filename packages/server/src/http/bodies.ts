import { ImageDocError } from '@imagedoc/core'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { unauthenticated } from '../access/unauthenticated.ts'
import { type BodyPace, bodyOf, drainBody, watchBody } from './body-watch.ts'
import type { HttpEnv } from './env.ts'

/** Without a login nobody sends more than a registration. */
const STRANGERS_BYTES = 16 * 1024
const CALL: BodyPace = { withinMs: 30_000 }
/** 512 bytes a second, looked at every half minute: a mobile network at its worst. */
const UPLOAD: BodyPace = { everyMs: 30_000, bytes: 15 * 1024 }

/** @param maxSize bytes that a body may have; one that has more is refused, and its connection closed */
export function boundedBody(maxSize: number, remedy: string): MiddlewareHandler<HttpEnv> {
  return bodyLimit({
    maxSize,
    onError: (c) => {
      // Nobody who believes to be logged in is to learn of a bound for strangers.
      if (c.var.caller === null && c.req.header('Authorization') !== undefined) throw unauthenticated()
      throw new ImageDocError('INVALID_REQUEST', `The body of this request may have ${maxSize} bytes${remedy}`, {
        details: { limit: maxSize },
      })
    },
  })
}

const strangers = boundedBody(STRANGERS_BYTES, ' without a login.')

/**
 * For every route, after it is known who calls: without a login a body has at most 16 KiB, it comes within half a minute (an upload at a least rate), and
 * what of it comes after the answer closes the connection.
 */
export function bodies(
  pace: { readonly call: BodyPace; readonly upload: BodyPace } = { call: CALL, upload: UPLOAD },
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const incoming = bodyOf(c)
    using _watch = incoming && watchBody(incoming, c.var.caller && isUpload(c) ? pace.upload : pace.call)
    try {
      await (c.var.caller ? next() : strangers(c, next as Next))
    } finally {
      if (incoming && (await drainBody(incoming))) c.set('closes', true)
    }
  }
}

function isUpload(c: Context<HttpEnv>): boolean {
  return /^\/uploads(\/|$)/.test(c.req.path)
}
