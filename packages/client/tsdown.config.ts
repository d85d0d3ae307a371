import { packageBuild } from '../../tsdown.shared.ts'

/**
 * Two entries: one for Node, one for browsers, which have no files. Nothing of the server is in the types: `contract.ts` is emitted as plain
 * object types, so that whoever installs the client installs neither the server nor zod.
 */
export default {
  ...packageBuild,
  entry: { index: 'src/index.ts', browser: 'src/browser/index.ts' },
  platform: 'neutral' as const,
  target: 'es2022',
  unbundle: false,
  deps: { neverBundle: [/^node:/] },
}
