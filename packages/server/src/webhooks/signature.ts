import { createHmac } from 'node:crypto'

/**
 * What the header `ImageDoc-Signature` says: `t=<seconds since 1970>,v1=<hex>`, an HMAC-SHA256 of `<t>.<body>`. The time is in it, so that what somebody
 * has overheard cannot be sent again later.
 */
export function signatureOf(secret: string, { body, at }: { body: string; at: Date }): string {
  const time = Math.floor(at.getTime() / 1000)
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`
}
