import { randomBytes } from 'node:crypto'
import { isImageDocError } from '@imagedoc/core'
import type { Tables } from './records/tables.ts'

/** Made at the first start; whoever comes second takes the first one's. */
export async function openInstanceKey({ settings }: Tables, now: () => Date): Promise<Uint8Array> {
  const value = randomBytes(32).toString('hex')
  await settings.insert({ _id: 'instance_key', revision: 0, created_at: now(), value }).catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'ALREADY_EXISTS') throw error
  })
  return Buffer.from((await settings.get('instance_key'))?.value ?? value, 'hex')
}
