import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "8edccfc06a5cf358917e07d5599efc29957a067232ab7c86d9411b9223b326a6",
      "document.pages": "39fad0349e8de4b809ae79d8cc36cc37daf41cb0d8a543c4708ca14bdeb097cd",
      "pdf.searchable": "eff307246614cf1b80d7967007eadced29093c425bb16aafd30b70cf30ef34f3",
    }
  `)
})
