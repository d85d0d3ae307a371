import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "8edccfc06a5cf358917e07d5599efc29957a067232ab7c86d9411b9223b326a6",
      "document.pages": "c1ef8c1b529dd6ed8d38dc362e681dc38a9ad4fcb661b9b548a9d09bb57d0c4f",
      "pdf.searchable": "5fd613efd183f91f8faeb1dd6bba7a61607bfc0d3917513bebe1e7244b279d9d",
    }
  `)
})
