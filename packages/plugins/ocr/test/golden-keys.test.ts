import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "cf8489b5f13357025fdd220f92b298cfa2628b2925d42979e5d36de00115420f",
      "ocr.text": "2fc2ff0e1683b153c9a3e244e4654306ecc4a2c2df3fe92acdd1f9eaf872f437",
    }
  `)
})
