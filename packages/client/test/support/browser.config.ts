import { join } from 'node:path'

/** Everything in one file, as a web page's own build would do it. */
export default {
  entry: [join(import.meta.dirname, 'browser-entry.ts')],
  format: 'esm' as const,
  platform: 'browser' as const,
  target: 'es2022',
  dts: false,
  deps: { alwaysBundle: [/./] },
  inputOptions: { resolve: { conditionNames: ['@imagedoc/source', 'browser', 'import', 'default'] } },
}
