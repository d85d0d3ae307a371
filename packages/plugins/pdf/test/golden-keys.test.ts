import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "e39456fef411a1e2943a4f6acd299e02e379326d989df6dc0da15ac4a3833205",
      "document.pages": "e4aeb80ee1098b5ad0c3c3f5bbeb1a9afc48d1015a0bfc5d1d0a175cbf2840b3",
      "pdf.searchable": "eff307246614cf1b80d7967007eadced29093c425bb16aafd30b70cf30ef34f3",
    }
  `)
})
