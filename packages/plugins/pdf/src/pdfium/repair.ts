import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { type FoundPages, flattenPageTree } from './page-tree.ts'

/** A PDF written anew. */
export interface Repaired {
  readonly bytes: Uint8Array
  readonly found: FoundPages
}

/** Beyond any number of an object in the file. */
const CATALOG_NUMBER = 8_388_600

/**
 * Rewrites a damaged PDF from the objects that can still be found in it: a lost cross-reference table, a file that was cut off, a page tree that is
 * broken. PDFium refuses what this reads, and this alone loses content silently, hence the two of them.
 * @throws CORRUPT_INPUT, PASSWORD_REQUIRED
 */
export async function repair(bytes: Uint8Array): Promise<Repaired> {
  let cause: unknown
  for (const attempt of [whole, upToLastObject, withCatalog]) {
    try {
      const repaired = await rewrite(attempt(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
      if (repaired.found.pages.length > 0) return repaired
    } catch (error) {
      if (isImageDocError(error)) throw error
      cause = error
    }
  }
  throw new ImageDocError(
    'CORRUPT_INPUT',
    'The PDF is damaged and could not be repaired. Make it anew from its source, or repair it with another tool.',
    { cause },
  )
}

const whole = (file: Buffer): Buffer => file

/** What follows the last whole object is a table that was cut through. */
function upToLastObject(file: Buffer): Buffer {
  const end = file.lastIndexOf('endobj')
  return end < 0 ? file : Buffer.concat([file.subarray(0, end), Buffer.from('endobj\n')])
}

/** Where the catalog is lost, the objects that are pages still tell. */
function withCatalog(file: Buffer): Buffer {
  const catalog = `${CATALOG_NUMBER} 0 obj\n<< /Type /Catalog /Pages << /Kids [] >> >>\nendobj\ntrailer\n<< /Root ${CATALOG_NUMBER} 0 R >>\n`
  return Buffer.concat([upToLastObject(file), Buffer.from(catalog)])
}

async function rewrite(bytes: Uint8Array): Promise<Repaired> {
  const lib = await import('@cantoo/pdf-lib')
  try {
    const document = await lib.PDFDocument.load(bytes, { updateMetadata: false, password: '' })
    const found = flattenPageTree(lib, document.context, document.catalog)
    return { found, bytes: await document.save({ useObjectStreams: false, addDefaultPage: false }) }
  } catch (error) {
    if (error instanceof Error && /password/i.test(error.message)) {
      throw new ImageDocError(
        'PASSWORD_REQUIRED',
        'The PDF is encrypted and needs its password. Save a copy without password, and use that.',
        { cause: error },
      )
    }
    throw error
  }
}
