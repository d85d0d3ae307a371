import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "8edccfc06a5cf358917e07d5599efc29957a067232ab7c86d9411b9223b326a6",
      "document.pages": "c1ef8c1b529dd6ed8d38dc362e681dc38a9ad4fcb661b9b548a9d09bb57d0c4f",
      "pdf.searchable": "eff307246614cf1b80d7967007eadced29093c425bb16aafd30b70cf30ef34f3",
    }
  `)
})
