import { goldenKeys } from '@imagedoc/core/testing'
import { expect, it } from 'vitest'
import image from '../src/index.ts'

it('keeps the result keys of its operations', () => {
  expect(goldenKeys(image())).toMatchInlineSnapshot(`
    {
      "image.adjust": "6e645099974c0840efb465493d19f4690275c37d580c486e67001101ce45ec5d",
      "image.binarize": "8f18a323ea982acd739483b641e0e3d63443fdec4325c2202bf4f298ca1ff5c4",
      "image.blur": "5eadd803106bd36c67da6dfdebc0d91ec17ddbbbc9de67f3c6e38e819d621c76",
      "image.crop": "1f722f2649d2541de5f1cb2842965d5667fc30b39b837c2f94f653456527fa4e",
      "image.deskew": "c2a9cec5b6e2ff380806f364810ec176b4e7f01024839e41c4515ac881bcaafe",
      "image.encode": "312fbab7a2f0bf2aab6df3e4ec0be57922524e372e76292ab6891e009425a06f",
      "image.grayscale": "6d5be1614ff57163e2e8f1e4855bc54c91ba0b1669f19ada060e54bb4d59cf68",
      "image.resize": "66a3e7589fee65cd9a0e0c7575900fcba9fa27d859bdf0afac9b498f670c98a5",
      "image.rotate": "c1bd020003ce445014e4d039e276d0d39532da2a6b1768f826ca799e5be9e9c0",
      "image.sharpen": "af57ed93a1ff8b1056356df6eab4430655b61506cd3f722059d6c6b4ae8e3d9a",
    }
  `)
})
