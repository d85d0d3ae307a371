import { describe, expect, it } from 'vitest'
import { assertWebhookUrl } from '../../src/webhooks/address.ts'
import { openTestServer } from '../support/test-server.ts'

describe('an address', () => {
  const settings = { webhookHosts: ['https://hooks.example.org', 'https://hooks.example.org:8443', 'http://127.0.0.1:9000'] }

  it.each([
    'https://hooks.example.org/a?b=c',
    'https://hooks.example.org:443',
    'https://HOOKS.example.org:8443/x',
    'http://127.0.0.1:9000/',
  ])('that the operator allows is taken: %s', (url) => expect(() => assertWebhookUrl(settings, url)).not.toThrow())

  it.each([
    ['http://hooks.example.org/', 'to http://hooks.example.org:'],
    ['https://hooks.example.org:9000/', 'to https://hooks.example.org:9000:'],
    ['https://hooks.example.org.evil.org/', 'IMAGEDOC_WEBHOOK_HOSTS'],
    ['https://sub.hooks.example.org/', 'IMAGEDOC_WEBHOOK_HOSTS'],
    ['http://127.0.0.1/', 'IMAGEDOC_WEBHOOK_HOSTS'],
    ['http://2130706433:8080/', 'to http://127.0.0.1:8080:'],
    ['https://user:word@hooks.example.org/', 'no name and password'],
    ['file:///etc/passwd', 'begins with https://'],
    ['hooks.example.org', 'is a URL'],
    [`https://hooks.example.org/${'x'.repeat(2000)}`, 'at most 2000 characters'],
  ])('that she does not allow is refused: %s', (url, words) => {
    const message = expect.stringContaining(words)
    expect(() => assertWebhookUrl(settings, url)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', path: 'webhook.url', message }),
    )
  })

  it('is refused by a server that allows none, with what has to be set', () => {
    const message = expect.stringContaining('IMAGEDOC_WEBHOOK_HOSTS')
    expect(() => assertWebhookUrl({ webhookHosts: [] }, 'https://hooks.example.org/')).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message }),
    )
  })

  it('may be of no host while there is no secret to sign with', async () => {
    await expect(openTestServer({ settings: { webhookHosts: ['https://hooks.example.org'] } })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('IMAGEDOC_WEBHOOK_SECRET'),
    })
  })
})
