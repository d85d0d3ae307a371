import { definePlugin } from '@imagedoc/core'
import manifest from '../package.json' with { type: 'json' }
import { imageCodec } from './codec/codec.ts'
import { adjust } from './operations/adjust.ts'
import { binarize } from './operations/binarize.ts'
import { blur } from './operations/blur.ts'
import { crop } from './operations/crop.ts'
import { deskew } from './operations/deskew.ts'
import { encode } from './operations/encode.ts'
import { grayscale } from './operations/grayscale.ts'
import { resize } from './operations/resize.ts'
import { rotate } from './operations/rotate.ts'
import { sharpen } from './operations/sharpen.ts'

export { imageCodec } from './codec/codec.ts'
export { hardenProcess } from './harden-process.ts'
export { adjust } from './operations/adjust.ts'
export { binarize } from './operations/binarize.ts'
export { blur } from './operations/blur.ts'
export { crop } from './operations/crop.ts'
export { deskew } from './operations/deskew.ts'
export { encode } from './operations/encode.ts'
export { grayscale } from './operations/grayscale.ts'
export { resize } from './operations/resize.ts'
export { rotate } from './operations/rotate.ts'
export { sharpen } from './operations/sharpen.ts'

/**
 * Operations on page images, and the codec that reads and writes image files.
 * @example
 * const imagedoc = createImageDoc({ plugins: [image()] })
 */
const image = definePlugin({
  name: '@imagedoc/plugin-image',
  version: manifest.version,
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [crop, rotate, resize, grayscale, adjust, blur, sharpen, deskew, binarize, encode],
    codecs: [imageCodec],
  }),
})
export default image
