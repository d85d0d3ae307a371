import { everyRow } from '../records/every-row.ts'
import type { Services } from '../services.ts'

/** Expired tokens, which every query refuses already. */
export async function sweepTokens({ tables, now }: Pick<Services, 'tables' | 'now'>, signal: AbortSignal): Promise<number> {
  let swept = 0
  for await (const { _id } of everyRow(tables.tokens, { index: 'by_expiry', range: { from: new Date(0), below: now() } })) {
    if (signal.aborted) break
    if (await tables.tokens.delete(_id)) swept++
  }
  return swept
}
