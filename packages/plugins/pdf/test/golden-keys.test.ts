import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "2de4243cc9727e87d3bbf842155623505e8f0b83f6415440abfc959dfbec1eaa",
      "document.pages": "93c5f216bbffa82e0b0f1360f87e58d38cc40df4c87028aee57948bd71712060",
      "pdf.searchable": "1e84c2d832a938b64fce395dea5c345733be0f8ec2a22068ddf044e5fa82783e",
    }
  `)
})
