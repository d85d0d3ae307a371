import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import ocr from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(ocr())).toMatchInlineSnapshot(`
    {
      "ocr.recognize": "273e4acd706be9b151cca31b3e12df48d4148e92bf65e771b0d2e0377eb80aae",
      "ocr.text": "27cfb5952f5130eeba0b4dab5357181cd5c7fae389d067f87db0cdb7501808f0",
    }
  `)
})
