import { ImageDocError, type Receipt } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { readReceipt } from '../runs/hold-result.ts'
import type { Services } from '../services.ts'

/** How a version came to be. @throws NOT_FOUND for the original too, which no run made */
export async function versionReceipt(
  services: Pick<Services, 'access' | 'blobs' | 'tables'>,
  caller: Caller,
  { id, number }: { id: string; number: number },
): Promise<Receipt> {
  await services.access.document(caller, id, { role: 'viewer' })
  const { rows } = await services.tables.versions.list({ index: 'by_document', equals: [id, number], limit: 1 })
  const [version] = rows
  if (!version) throw new ImageDocError('NOT_FOUND', `The document has no version ${number}.`, { path: 'number' })
  if (version.receipt === null) throw new ImageDocError('NOT_FOUND', `Version ${number} has no receipt.`, { path: 'number' })
  return readReceipt(services, version.receipt)
}
