import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import image from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(image())).toMatchInlineSnapshot(`
    {
      "image.adjust": "2cd8ca769436d0b2e52d47fb4fe2e7c09e184f9290c31cf1de24d662e4e9b292",
      "image.binarize": "dc26961af55a5f07e959473430b585a1c1715afaab65d8574dfed04bcf17f3f9",
      "image.blur": "788c3cecda5e4ac016e698a1607841e4c265d04511cf1ee89c6ad2e393ef405a",
      "image.crop": "506c25d0c94bc5b8031a2b56123a2b6e0459b421a21b7f33857f49a6a0d3515e",
      "image.deskew": "48d969c162a2801d1ed1f7f64c6faac394ce91722843a8aa35ea5f7b7e2e05d3",
      "image.encode": "9c53858203d22c9cbdf89ee19cebda226f60b1a469349cd282f792f2d2c3e1eb",
      "image.grayscale": "3c11725872fcf6bda2619bfe3e91303d558f2fe5def4fcd2626e8fd9ff11ae79",
      "image.resize": "255a30694c705c81eaa15c70e993cf4a77fff32bb5fc855ff56848eb3dc66f5d",
      "image.rotate": "ad7ca2edae48cbd51ed8b3d041f4f5b5f30619628fb56e7086804d197096f8c1",
      "image.sharpen": "1b2fc5a49679fe8e59ffcb785f015fdb23d34809b251e7b6c9e925b4e5ea10c6",
    }
  `)
})
