/** What each error code means to a person and to the three surfaces that carry it: HTTP, tRPC and the command's exit code. */
export interface ErrorCodeEntry {
  /** HTTP status. */
  readonly status: number
  /** tRPC wire code. */
  readonly trpc: string
  /** Exit code of the command `imagedoc`. */
  readonly exit: number
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean
  /** One line for `docs/errors.md`. */
  readonly meaning: string
}

type Row = [status: number, trpc: string, exit: number, retryable: boolean, meaning: string]

const entry = (...[status, trpc, exit, retryable, meaning]: Row): ErrorCodeEntry => ({ status, trpc, exit, retryable, meaning })

/**
 * The one table of error codes. Exit codes: 1 the work failed, 2 wrong usage or pipeline, 3 input missing, output in the way or not to be written,
 * 5 input refused, 6 over a limit, 7 engine, 8 provider, cache or store, 9 plugin or configuration, 10 not allowed, 70 a fault of ImageDoc itself, 130 interrupted.
 */
export const errorCodes = {
  USAGE: entry(400, 'BAD_REQUEST', 2, false, 'The command or call was used in a way it does not understand.'),
  INVALID_PIPELINE: entry(400, 'BAD_REQUEST', 2, false, 'The pipeline definition has problems; each is listed with its path and remedy.'),
  INVALID_PARAMETER: entry(
    422,
    'UNPROCESSABLE_CONTENT',
    2,
    false,
    'A parameter does not fit this page or document, for example a crop outside of the page.',
  ),
  INVALID_CONFIG: entry(400, 'BAD_REQUEST', 9, false, 'A configuration value or option is wrong.'),
  INPUT_MISSING: entry(400, 'BAD_REQUEST', 3, false, 'An input that the pipeline needs was not given, or its file could not be read.'),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'UNSUPPORTED_MEDIA_TYPE', 5, false, 'The file is of a type that no loaded plugin reads.'),
  EMPTY_INPUT: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'The file has no bytes.'),
  CORRUPT_INPUT: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'The file is damaged and could not be read.'),
  PASSWORD_REQUIRED: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'The document is encrypted and cannot be opened without its password.'),
  MULTIPLE_PAGES: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'A file of several pages was given to a step that takes one image.'),
  WRONG_KIND: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'An input is of a kind that the step does not take.'),
  INPUT_TOO_LARGE: entry(413, 'PAYLOAD_TOO_LARGE', 6, false, 'The file has more bytes than the limit allows.'),
  TOO_MANY_PIXELS: entry(413, 'PAYLOAD_TOO_LARGE', 6, false, 'The image has, or would have, more pixels than the limit allows.'),
  TOO_MANY_PAGES: entry(413, 'PAYLOAD_TOO_LARGE', 6, false, 'The document has more pages than the limit allows.'),
  STEP_TIMEOUT: entry(504, 'TIMEOUT', 6, true, 'A step took longer than its time limit on one page.'),
  RUN_TOO_LONG: entry(504, 'TIMEOUT', 6, false, 'All steps and pages of a run together took longer than one run may.'),
  MEMORY_LIMIT: entry(413, 'PAYLOAD_TOO_LARGE', 6, false, 'A step needed more memory than the limit allows on one page.'),
  PROCESS_CRASHED: entry(500, 'INTERNAL_SERVER_ERROR', 1, false, 'The process that worked on one page died.'),
  OPERATION_FAILED: entry(500, 'INTERNAL_SERVER_ERROR', 1, false, 'An operation failed on one page.'),
  OPERATION_CONTRACT: entry(
    500,
    'INTERNAL_SERVER_ERROR',
    9,
    false,
    'An operation broke its contract, for example by returning the wrong kind.',
  ),
  PAGES_MISMATCH: entry(422, 'UNPROCESSABLE_CONTENT', 2, false, 'Two sequences that a step joins do not have the same pages.'),
  GRID_MISMATCH: entry(
    422,
    'UNPROCESSABLE_CONTENT',
    2,
    false,
    'What a step places on a page was found on another one, or on a form of it that no map leads from.',
  ),
  HOLES_REFUSED: entry(422, 'UNPROCESSABLE_CONTENT', 1, false, 'A step that needs every page did not get every page.'),
  PAGE_SKIPPED: entry(422, 'UNPROCESSABLE_CONTENT', 4, false, 'The page asked for was skipped in this run.'),
  ENGINE_UNAVAILABLE: entry(503, 'SERVICE_UNAVAILABLE', 7, true, 'No engine that can do this step is installed or configured.'),
  ENGINE_CHANGED: entry(409, 'CONFLICT', 7, true, 'The engine that the plan was made for has another version now.'),
  ENGINE_FAILED: entry(500, 'INTERNAL_SERVER_ERROR', 7, false, 'An engine could not do its work.'),
  LANGUAGE_MISSING: entry(422, 'UNPROCESSABLE_CONTENT', 7, false, 'The engine has no data for a language that was asked for.'),
  PROVIDER_UNREACHABLE: entry(503, 'SERVICE_UNAVAILABLE', 8, true, 'A remote service did not answer.'),
  PROVIDER_AUTH: entry(502, 'BAD_GATEWAY', 8, false, 'A remote service refused the credentials.'),
  PROVIDER_RATE_LIMITED: entry(429, 'TOO_MANY_REQUESTS', 8, true, 'A remote service asks to slow down.'),
  PROVIDER_QUOTA: entry(429, 'TOO_MANY_REQUESTS', 8, false, 'The quota at a remote service is used up.'),
  PROVIDER_REJECTED: entry(502, 'BAD_GATEWAY', 8, false, 'A remote service refused the request.'),
  PLUGIN_INVALID: entry(500, 'INTERNAL_SERVER_ERROR', 9, false, 'A plugin is not built as ImageDoc needs it.'),
  PLUGIN_API_VERSION: entry(500, 'INTERNAL_SERVER_ERROR', 9, false, 'A plugin was built for another version of the plugin interface.'),
  PLUGIN_CONFLICT: entry(500, 'INTERNAL_SERVER_ERROR', 9, false, 'Two plugins define the same thing.'),
  CODEC_MISSING: entry(500, 'INTERNAL_SERVER_ERROR', 9, false, 'No loaded plugin decodes or encodes this kind of file.'),
  CANCELLED: entry(499, 'CLIENT_CLOSED_REQUEST', 130, false, 'The work was cancelled.'),
  NOT_FOUND: entry(404, 'NOT_FOUND', 3, false, 'What was asked for does not exist.'),
  DIGEST_MISMATCH: entry(422, 'UNPROCESSABLE_CONTENT', 5, false, 'The bytes do not have the digest that was expected.'),
  CACHE_UNAVAILABLE: entry(503, 'SERVICE_UNAVAILABLE', 8, true, 'The result cache could not be used; the work goes on without it.'),
  STORE_UNAVAILABLE: entry(503, 'SERVICE_UNAVAILABLE', 8, true, 'The database could not be reached, or did not answer in time.'),
  STORE_FAILED: entry(500, 'INTERNAL_SERVER_ERROR', 8, true, 'A blob could not be stored or read.'),
  STORE_FULL: entry(507, 'SERVICE_UNAVAILABLE', 8, true, 'The disk or the storage has no room left; deleting still works, and makes some.'),
  UNSUPPORTED_BY_DRIVER: entry(501, 'NOT_IMPLEMENTED', 9, false, 'The configured driver cannot do this.'),
  OUTPUT_EXISTS: entry(409, 'CONFLICT', 3, false, 'An output file exists already with other content.'),
  OUTPUT_UNWRITABLE: entry(500, 'INTERNAL_SERVER_ERROR', 3, false, 'An output file, or the folder for it, could not be written.'),
  REPLAY_MISMATCH: entry(409, 'CONFLICT', 3, false, 'The inputs given are not the inputs of the receipt.'),
  INVALID_REQUEST: entry(
    400,
    'BAD_REQUEST',
    2,
    false,
    'A request is not of the form that the server takes; each problem is listed with its path.',
  ),
  UNAUTHENTICATED: entry(401, 'UNAUTHORIZED', 10, false, 'No token was given, or it is not (or no longer) valid: log in.'),
  LOGIN_FAILED: entry(401, 'UNAUTHORIZED', 10, false, 'User name and password do not fit together, or the account is not active.'),
  FORBIDDEN: entry(403, 'FORBIDDEN', 10, false, 'The caller may see this, but not do that with it.'),
  ALREADY_EXISTS: entry(409, 'CONFLICT', 3, false, 'Something with this name, address or key exists already.'),
  STALE_REVISION: entry(409, 'CONFLICT', 3, false, 'The record was changed since it was read: read it again, then repeat the change.'),
  IDEMPOTENCY_CONFLICT: entry(409, 'CONFLICT', 3, false, 'The idempotency key was used for another request.'),
  RATE_LIMITED: entry(429, 'TOO_MANY_REQUESTS', 6, true, 'Too many requests; the error says in how many seconds to come back.'),
  QUOTA_EXCEEDED: entry(403, 'FORBIDDEN', 6, false, "The owner's quota of bytes or documents does not allow this."),
  SERVER_UNREACHABLE: entry(503, 'SERVICE_UNAVAILABLE', 8, true, 'The ImageDoc server did not answer, or the connection broke.'),
  INTERNAL: entry(500, 'INTERNAL_SERVER_ERROR', 70, false, 'A fault of ImageDoc itself.'),
} as const satisfies Record<string, ErrorCodeEntry>

/** Every code an {@link ImageDocError} can carry. */
export type ErrorCode = keyof typeof errorCodes
