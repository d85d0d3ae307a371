import { ImageDocError } from '@imagedoc/core'

/**
 * Rewrites a damaged PDF from the objects that can still be found in it: a lost cross-reference table, a file that was cut off.
 * PDFium refuses what this reads, and this alone loses pages silently, hence the two of them.
 * @throws CORRUPT_INPUT, PASSWORD_REQUIRED
 */
export async function repair(bytes: Uint8Array): Promise<Uint8Array> {
  const { PDFDocument } = await import('@cantoo/pdf-lib')
  try {
    const document = await PDFDocument.load(bytes, { updateMetadata: false, password: '' })
    return await document.save({ useObjectStreams: false, addDefaultPage: false })
  } catch (error) {
    if (error instanceof Error && /password/i.test(error.message)) {
      throw new ImageDocError(
        'PASSWORD_REQUIRED',
        'The PDF is encrypted and needs its password. Save a copy without password, and use that.',
        { cause: error },
      )
    }
    throw new ImageDocError(
      'CORRUPT_INPUT',
      'The PDF is damaged and could not be repaired. Make it anew from its source, or repair it with another tool.',
      { cause: error },
    )
  }
}
