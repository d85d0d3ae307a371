import { ImageDocError } from '@imagedoc/core'
import type { ServerSettings } from '../settings/settings.ts'

const LONGEST = 2000

/**
 * Refuses an address that the server would not send to. Which hosts are allowed is the operator's word alone: a caller who could name any would make
 * the server knock at doors inside of its network.
 * @throws INVALID_REQUEST with what is wrong, and what the operator would have to set
 */
export function assertWebhookUrl({ webhookHosts }: Pick<ServerSettings, 'webhookHosts'>, url: string): void {
  const wrong = problemOf(url, webhookHosts)
  if (wrong !== undefined) throw new ImageDocError('INVALID_REQUEST', wrong, { path: 'webhook.url' })
}

function problemOf(text: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0)
    return 'This server sends no webhooks: its operator has to name the hosts that may get them in IMAGEDOC_WEBHOOK_HOSTS.'
  if (text.length > LONGEST || !URL.canParse(text)) return `The address of a webhook is a URL of at most ${LONGEST} characters.`
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'The address of a webhook holds no name and password: check its signature instead.'
  if (allowed.includes(url.origin)) return undefined
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'The address of a webhook begins with https://.'
  return `This server sends no webhooks to ${url.origin}: its operator has to add it to IMAGEDOC_WEBHOOK_HOSTS.`
}
