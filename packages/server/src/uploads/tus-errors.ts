import { errorCodes, ImageDocError } from '@imagedoc/core'
import { boundedError } from '../rpc/bounded-error.ts'

/** An answer of the tus server that says no, as one of ours. Its status is part of the protocol (409: ask for the offset) and stays. */
export function protocolError(status: number, text: string): ImageDocError {
  const said = text.trim().slice(0, 200)
  if (status === 404 || status === 410) return new ImageDocError('NOT_FOUND', 'There is no such upload.', { path: 'upload' })
  if (status === 413) {
    return new ImageDocError(
      'INPUT_TOO_LARGE',
      'These are more bytes than the upload was announced with. Begin a new one with the right length.',
    )
  }
  // 501: what this server's store does not do is for the client to leave.
  if (status >= 500 && status !== 501)
    return new ImageDocError('STORE_FAILED', 'The bytes could not be written. Ask for the offset, and go on from there.')
  return new ImageDocError('INVALID_REQUEST', `The request is not one of the upload protocol tus 1.0.0: ${said}.`)
}

/**
 * The answer with our error in it: as JSON, and its code in `Upload-Error`, because an answer to HEAD has no body.
 * @param status @default the table's
 */
export function errorResponse(error: ImageDocError, { headers, status }: { headers?: Headers; status?: number } = {}): Response {
  const kept = new Headers(headers)
  kept.delete('Content-Length')
  kept.set('Content-Type', 'application/json')
  kept.set('Cache-Control', 'no-store')
  kept.set('Upload-Error', error.code)
  return new Response(JSON.stringify({ error: boundedError(error).toJSON() }), {
    status: status ?? errorCodes[error.code].status,
    headers: kept,
  })
}
