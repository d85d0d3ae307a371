import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "e39456fef411a1e2943a4f6acd299e02e379326d989df6dc0da15ac4a3833205",
      "document.pages": "39fad0349e8de4b809ae79d8cc36cc37daf41cb0d8a543c4708ca14bdeb097cd",
      "pdf.searchable": "5fd613efd183f91f8faeb1dd6bba7a61607bfc0d3917513bebe1e7244b279d9d",
    }
  `)
})
