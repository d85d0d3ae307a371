import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import image from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(image())).toMatchInlineSnapshot(`
    {
      "image.adjust": "2cd8ca769436d0b2e52d47fb4fe2e7c09e184f9290c31cf1de24d662e4e9b292",
      "image.binarize": "16f7ae4bb02a9d7ec9198c54d80990caa18019b50a9f11cf213c84f4a21718b6",
      "image.blur": "788c3cecda5e4ac016e698a1607841e4c265d04511cf1ee89c6ad2e393ef405a",
      "image.crop": "0c376b5b1b5453da6eb78e53fb01d64961e0474b53e8654ef7d52b7ba5262042",
      "image.deskew": "1f1b4f61858f8d5f86fc83e4f2033706a4f363d2d442b6ecb70b05ccdaa63b3d",
      "image.encode": "9c53858203d22c9cbdf89ee19cebda226f60b1a469349cd282f792f2d2c3e1eb",
      "image.grayscale": "3c11725872fcf6bda2619bfe3e91303d558f2fe5def4fcd2626e8fd9ff11ae79",
      "image.resize": "255a30694c705c81eaa15c70e993cf4a77fff32bb5fc855ff56848eb3dc66f5d",
      "image.rotate": "ad7ca2edae48cbd51ed8b3d041f4f5b5f30619628fb56e7086804d197096f8c1",
      "image.sharpen": "1b2fc5a49679fe8e59ffcb785f015fdb23d34809b251e7b6c9e925b4e5ea10c6",
    }
  `)
})
