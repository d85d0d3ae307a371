import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "959cee8962c98bcd901861f848146f8e763ae1546bff773ef1f3cbf40ed86e42",
      "ocr.text": "34d4da115de9eca80a7eff9e6105d1bfa09c25f710de55ead423e641ab09a71f",
    }
  `)
})
