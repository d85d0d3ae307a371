// Pages out of PDFs and image files, and searchable PDFs.

import { definePlugin } from '@imagedoc/core'
import { pages } from './pages.ts'
import { searchable } from './searchable.ts'

export { pages, searchable }

/**
 * The plugin: give what this returns to `createImageDoc({ plugins: [pdf()] })`.
 * @example
 * import pdf from '@imagedoc/plugin-pdf'
 * const plugin = pdf()
 */
export default definePlugin({
  name: '@imagedoc/plugin-pdf',
  version: '0.1.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [pages, searchable] }),
})
