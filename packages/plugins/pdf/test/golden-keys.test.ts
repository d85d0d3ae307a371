import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.pages": "e4aeb80ee1098b5ad0c3c3f5bbeb1a9afc48d1015a0bfc5d1d0a175cbf2840b3",
      "pdf.searchable": "fc69418b78fda8bba0fd6c137fd27f03cdf8e4571d628f369553a26f854a285a",
    }
  `)
})
