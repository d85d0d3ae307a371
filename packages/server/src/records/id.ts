import { createHmac, randomBytes } from 'node:crypto'

/** 24 hex digits, 96 random bits: an ObjectId in MongoDB, text elsewhere. */
export type Id = string

const BYTES = 12

export function newId(): Id {
  return randomBytes(BYTES).toString('hex')
}

export function isId(value: string): boolean {
  return /^[0-9a-f]{24}$/.test(value)
}

/**
 * The id of what a request with an idempotency key creates: the same for the same caller, kind and key, and as hard to guess as a random
 * one for whoever does not have the instance's key. So a repeated request meets its own row, with no second table to keep in step.
 */
export function idFor(instanceKey: Uint8Array, scope: readonly string[]): Id {
  return createHmac('sha256', instanceKey)
    .update(JSON.stringify(scope))
    .digest('hex')
    .slice(0, BYTES * 2)
}
