import { ImageDocError } from '@imagedoc/core'

/** The same for no token and for one that is not valid: what was wrong with it is nobody's business. */
export function unauthenticated(): ImageDocError {
  return new ImageDocError(
    'UNAUTHENTICATED',
    'This needs a valid token: none was given, or it has ended. Log in, then send it as "Authorization: Bearer <token>".',
  )
}
