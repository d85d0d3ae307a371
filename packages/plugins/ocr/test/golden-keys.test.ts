import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "c7f9c9d1e8f8f5bc619d646567540119268a4973908d608baff996ca653b6d29",
      "ocr.text": "a62cacc022a7ea38b84e6fc071d2cc79d13c6336140e2bc96ef51f33662aaba6",
    }
  `)
})
