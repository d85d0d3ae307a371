import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import { expect, it } from 'vitest'
import { openTestServer } from './support/test-server.ts'

it('a configuration without the plugins that the server works with is refused at the start, with their names', async () => {
  await expect(openTestServer({ config: defineConfig({ plugins: [image()] }) })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringMatching(/missing: document\.inspect, document\.pages\..*@imagedoc\/plugin-pdf/),
  })
})
