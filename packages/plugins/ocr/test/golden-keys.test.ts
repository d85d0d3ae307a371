import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "3dec0b8d50bceb03c448e886b5ca193c06c3a98a9364b7a9eaf4f61d7e1bd913",
      "ocr.text": "27cfb5952f5130eeba0b4dab5357181cd5c7fae389d067f87db0cdb7501808f0",
    }
  `)
})
