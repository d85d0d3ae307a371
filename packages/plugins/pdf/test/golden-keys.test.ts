import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "05d1bb22775b2cb2ea7d156a8df35cd48765e788faa68ae3ec6f88b63bb450de",
      "document.pages": "39fad0349e8de4b809ae79d8cc36cc37daf41cb0d8a543c4708ca14bdeb097cd",
      "pdf.searchable": "eff307246614cf1b80d7967007eadced29093c425bb16aafd30b70cf30ef34f3",
    }
  `)
})
