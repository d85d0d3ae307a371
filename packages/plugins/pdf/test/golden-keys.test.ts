import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import pdf from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(pdf())).toMatchInlineSnapshot(`
    {
      "document.inspect": "1e008d753e8b6b76e5e05715152a21f0a0fb3e043da840a5bbd06e9413913131",
      "document.pages": "93c5f216bbffa82e0b0f1360f87e58d38cc40df4c87028aee57948bd71712060",
      "pdf.searchable": "1e84c2d832a938b64fce395dea5c345733be0f8ec2a22068ddf044e5fa82783e",
    }
  `)
})
