import { fromBytes } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { openTestServer } from '../support/test-server.ts'

/** One black pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='

it('operations and what the result cache spared them are counted', async () => {
  await using server = await openTestServer()
  const { imagedoc, metrics } = server.services
  const pipeline = { version: 1 as const, steps: [{ use: 'image.blur' }] }
  const input = fromBytes(Buffer.from(PNG, 'base64'), { name: 'dot.png' })
  for (let run = 0; run < 2; run++) {
    const { status } = await imagedoc.run(pipeline, { input })
    expect(status).toBe('done')
  }
  const { text } = await metrics.render()
  expect(text).toContain('imagedoc_operation_seconds_count{operation="image.blur"} 1')
  expect(text).toMatch(/imagedoc_result_cache_total\{operation="image.blur",outcome="miss"\} 1/)
})
