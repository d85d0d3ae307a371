// What a browser needs of the errors: loads nothing of Node.

export { type ErrorCode, errorCodes } from './codes.ts'
export { abortError, ImageDocError, isImageDocError, type Json, type SerialisedError } from './error.ts'
