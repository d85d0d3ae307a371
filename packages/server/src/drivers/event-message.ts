import { ImageDocError, type Json } from '@imagedoc/core'

const MAX_BYTES = 64 * 1024

/** A message of a bus as it travels. @throws USAGE for what is no JSON or too large */
export function encodeMessage(message: Json): string {
  const json = asJson(message)
  if (json !== undefined && Buffer.byteLength(json) <= MAX_BYTES) return json
  throw new ImageDocError('USAGE', `A message must be JSON of at most ${MAX_BYTES} bytes. Send where to find a larger one.`)
}

/** Gives the listener a copy of its own; what it throws becomes a warning of the process. */
export async function deliver(listener: (message: Json) => unknown, json: string): Promise<void> {
  try {
    await listener(JSON.parse(json))
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}

/** Undefined for what is no JSON: a function, a cycle, a bigint. */
function asJson(message: Json): string | undefined {
  try {
    return JSON.stringify(message)
  } catch {
    return undefined
  }
}
