import { definePlugin } from '@imagedoc/core'
import manifest from '../package.json' with { type: 'json' }
import { ocrOptions } from './options.ts'
import { createRecognize } from './recognize.ts'
import { text } from './text.ts'

export type { OcrOptions } from './options.ts'
export { recognize } from './recognize.ts'
export { text } from './text.ts'

/**
 * Text recognition: `ocr.recognize` (Tesseract as WebAssembly, or the native program) and `ocr.text`.
 * @example ocr({ dataPath: '/srv/tessdata' })
 */
export default definePlugin({
  name: '@imagedoc/plugin-ocr',
  version: manifest.version,
  apiVersion: 1,
  module: import.meta.url,
  options: ocrOptions.optional(),
  setup: (options = {}) => ({ operations: [createRecognize(options), text] }),
})
