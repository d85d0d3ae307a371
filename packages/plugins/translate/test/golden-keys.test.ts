import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import translate from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(translate())).toMatchInlineSnapshot(`
    {
      "translate.text": "04886a04109b8f1affb2a5ea5c6b145f0d9c3f1a05d12294ca28bee052ebf2ab",
    }
  `)
})
