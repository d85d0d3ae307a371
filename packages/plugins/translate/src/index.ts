import { definePlugin } from '@imagedoc/core'
import manifest from '../package.json' with { type: 'json' }
import { translateOptions } from './options.ts'
import { createText } from './text.ts'

export type { TranslateOptions } from './options.ts'
export { text } from './text.ts'

/**
 * Translation: `translate.text` by DeepL, when it has a key, or by the local program Apertium.
 * @example translate({ deepl: { authKey: process.env.DEEPL_AUTH_KEY } })
 */
export default definePlugin({
  name: '@imagedoc/plugin-translate',
  version: manifest.version,
  apiVersion: 1,
  module: import.meta.url,
  options: translateOptions.optional(),
  setup: (options = {}) => ({ operations: [createText(options)] }),
})
