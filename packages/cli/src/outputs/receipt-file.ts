import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageDocError, type Receipt } from '@imagedoc/core'
import { RECEIPT } from './output-files.ts'

/** What is found where a receipt would be: nothing, a receipt, or something that is not ours. */
export type FoundReceipt = { receipt: Receipt } | 'none' | 'foreign'

/** The receipt in a folder. */
export async function findReceipt(folder: string): Promise<FoundReceipt> {
  const json = await readFile(join(folder, RECEIPT), 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? undefined : '',
  )
  if (json === undefined) return 'none'
  const receipt = parse(json)
  return receipt === undefined ? 'foreign' : { receipt }
}

/** @throws NOT_FOUND when there is no such file; USAGE when it is no receipt */
export async function readReceipt(path: string): Promise<Receipt> {
  const json = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ImageDocError('NOT_FOUND', `The receipt ${path} could not be read; give the path of a receipt.json.`, { cause: error })
  })
  const receipt = parse(json)
  if (receipt === undefined) throw new ImageDocError('USAGE', `${path} is not a receipt of imagedoc.`)
  return receipt
}

/** A receipt as it is written. */
export function formatReceipt(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`
}

function parse(json: string): Receipt | undefined {
  try {
    const value = JSON.parse(json) as Partial<Receipt> | null
    const complete =
      [1, 2, 3].includes(value?.schemaVersion ?? 0) &&
      Array.isArray(value?.pipeline?.steps) &&
      value.inputs !== undefined &&
      value.outputs !== undefined
    return complete ? (value as Receipt) : undefined
  } catch {
    return undefined
  }
}
