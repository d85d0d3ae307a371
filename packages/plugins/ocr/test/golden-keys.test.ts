import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "23a0bff93ae6dc19e8cabed2ca483abfa3732b09a2029871289684cec8c90f59",
      "ocr.text": "27cfb5952f5130eeba0b4dab5357181cd5c7fae389d067f87db0cdb7501808f0",
    }
  `)
})
