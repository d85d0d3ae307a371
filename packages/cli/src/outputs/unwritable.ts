import { ImageDocError, isImageDocError } from '@imagedoc/core'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room, or',
  EACCES: 'permission is denied. Get the right to write there, or',
  EROFS: 'the disk is read-only. Please',
  ENOENT: 'no folder can be made there. Please',
}

/** The system's error for a file or folder that cannot be written, with what to do: OUTPUT_EXISTS where a file is in the way, else OUTPUT_UNWRITABLE. */
export function unwritable(path: string, error: unknown): ImageDocError {
  if (isImageDocError(error)) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new ImageDocError('OUTPUT_EXISTS', `${path}: a file is where a folder should be. Choose another folder with -o.`, {
      cause: error,
    })
  const reason = reasons[code] ?? `the system says ${code}. Please`
  return new ImageDocError('OUTPUT_UNWRITABLE', `${path} could not be written: ${reason} choose another folder with -o.`, { cause: error })
}
