import { ImageDocError, type Limits, limitVariables, nameLimits } from '@imagedoc/core'

/** What bounds the bytes of a file here is looked at when it is uploaded. */
const variableOf = (limit: keyof Limits): string => (limit === 'bytes' ? 'IMAGEDOC_MAX_UPLOAD' : limitVariables[limit].name)

/** An error over a limit, for who uses the server: they cannot raise it, but know whom to ask, and for what. */
export function limitsForUsers(error: ImageDocError): ImageDocError {
  const message = nameLimits(error.message, (limit) => `ask who runs the server to raise ${variableOf(limit)}`)
  if (message === error.message) return error
  const { code, path, details, retryable } = error
  return new ImageDocError(code, message, {
    retryable,
    cause: error,
    ...(path === undefined ? {} : { path }),
    ...(details === undefined ? {} : { details }),
  })
}
