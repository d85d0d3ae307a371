// Pages out of PDFs and image files, and searchable PDFs.

import { definePlugin } from '@imagedoc/core'
import manifest from '../package.json' with { type: 'json' }
import { inspect } from './inspect.ts'
import { pages } from './pages.ts'
import { searchable } from './searchable.ts'

export { inspect, pages, searchable }

/**
 * The plugin: give what this returns to `createImageDoc({ plugins: [pdf()] })`.
 * @example
 * import pdf from '@imagedoc/plugin-pdf'
 * const plugin = pdf()
 */
export default definePlugin({
  name: '@imagedoc/plugin-pdf',
  version: manifest.version,
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [pages, inspect, searchable] }),
})
