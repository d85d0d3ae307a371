import { canonicalJson, ImageDocError, type Json, type PipelineDefinition } from '@imagedoc/core'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'

/** Of one user, those that they saved first and have shared included. */
const PIPELINES = 1000
/** Of all their versions together. */
const BYTES = 64 * 2 ** 20
/** Of a version's row, beside the definition. */
const ROW_BYTES = 512

/** What a version takes. */
export function sizeOf(definition: PipelineDefinition): number {
  return Buffer.byteLength(canonicalJson(definition as unknown as Json)) + ROW_BYTES
}

/** Before something is saved among a user's pipelines. @throws QUOTA_EXCEEDED */
export async function assertPipelineRoom(
  { tables }: Pick<Services, 'tables'>,
  userId: Id,
  more: { pipelines: number; bytes: number },
): Promise<void> {
  const sum = { ...more }
  for await (const { bytes = 0 } of everyRow(tables.pipelines, { index: 'by_owner', equals: [userId] })) {
    sum.pipelines++
    sum.bytes += bytes
  }
  if (sum.pipelines <= PIPELINES && sum.bytes <= BYTES) return
  const message = `A user has at most ${PIPELINES} pipelines, of ${BYTES} bytes with all their versions; this would be ${sum.pipelines} of ${sum.bytes}. Change one that is there, with smaller changes.`
  throw new ImageDocError('QUOTA_EXCEEDED', message, { details: { ...sum, limit: { pipelines: PIPELINES, bytes: BYTES } } })
}
