import manifest from '../../package.json' with { type: 'json' }
import { insert } from './pages/insert.ts'
import { join } from './pages/join.ts'
import { select } from './pages/select.ts'
import { API_VERSION, type Plugin } from './plugin.ts'

const operations = [select, join, insert] as const

/** The operations that core brings itself. */
export type PageOperation = (typeof operations)[number]

/** Core's own operations: they choose and order pages, whatever these are. No module is loaded for them: every registry has them. */
export const pageOperations: Plugin<typeof operations> = {
  name: '@imagedoc/core',
  version: manifest.version,
  apiVersion: API_VERSION,
  module: '',
  publicOptions: undefined,
  operations,
  kinds: [],
  codecs: [],
}
