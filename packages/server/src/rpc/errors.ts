import { randomUUID } from 'node:crypto'
import { errorCodes, ImageDocError, isImageDocError, type Json, type SerialisedError } from '@imagedoc/core'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { boundedError, fewNames } from './bounded-error.ts'

type RpcCode = TRPCError['code']

/** Our error for anything that a procedure, a route or tRPC itself throws. What is no ImageDocError gives nothing away but a reference. */
export function publicError(error: unknown): ImageDocError {
  return boundedError(error instanceof TRPCError ? fromRpc(error) : isImageDocError(error) ? error : internalError(error))
}

/** tRPC's error of the same meaning, so that status and wire code come from the table. */
export function toRpcError(error: unknown): TRPCError {
  const ours = publicError(error)
  return new TRPCError({ code: errorCodes[ours.code].trpc as RpcCode, message: ours.message, cause: ours })
}

/** As it crosses the wire. */
export function serialised(error: unknown): SerialisedError {
  return publicError(error).toJSON()
}

function fromRpc(error: TRPCError): ImageDocError {
  const { cause } = error
  if (isImageDocError(cause)) return cause
  if (cause instanceof z.ZodError && error.code === 'BAD_REQUEST') return invalidRequest(cause)
  switch (error.code) {
    case 'NOT_FOUND':
      return new ImageDocError('NOT_FOUND', 'There is no such procedure.', { cause: error })
    case 'PAYLOAD_TOO_LARGE':
      return new ImageDocError('INVALID_REQUEST', 'The request is larger than the server takes.', { cause: error })
    case 'PARSE_ERROR':
    case 'BAD_REQUEST':
    case 'METHOD_NOT_SUPPORTED':
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new ImageDocError('INVALID_REQUEST', `The request is not understood: ${error.code}.`, { cause: error })
    default:
      return internalError(cause ?? error)
  }
}

const PROBLEMS = 20

/** Every problem of a request with its path. */
export function invalidRequest(error: z.ZodError): ImageDocError {
  const problems = error.issues.slice(0, PROBLEMS).map((issue) => ({ path: pathInWords(issue.path), message: messageOf(issue) }))
  const [first] = problems
  return new ImageDocError(
    'INVALID_REQUEST',
    `The request is wrong at ${first?.path || 'its root'}: ${first?.message ?? 'no reason given'}`,
    {
      ...(first?.path ? { path: first.path } : {}),
      details: { problems } as unknown as Json,
      cause: error,
    },
  )
}

/** zod names every key that it does not know. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? `not known here: ${fewNames(issue.keys)}` : issue.message
}

function pathInWords(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (words, part) => (typeof part === 'number' ? `${words}[${part}]` : words ? `${words}.${String(part)}` : String(part)),
    '',
  )
}

function internalError(cause: unknown): ImageDocError {
  const reference = randomUUID()
  return new ImageDocError('INTERNAL', `The server made a mistake. Whoever runs it finds it in the log by this reference: ${reference}.`, {
    details: { reference },
    cause,
  })
}
