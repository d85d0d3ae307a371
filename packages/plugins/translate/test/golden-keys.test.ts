import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import translate from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(translate())).toMatchInlineSnapshot(`
    {
      "translate.text": "5212fb029a6438cc0cd396b22d4317379bb18296f80086f57f3826b5c7ea7661",
    }
  `)
})
