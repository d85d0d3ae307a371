import { packageBuild } from '../../tsdown.shared.ts'

/**
 * Few files: finding 150 modules takes longer than a small run. What is started by its address is an entry of its own, beside the chunks that
 * start it: `new URL('./host-thread.js', import.meta.url)` holds in `dist` as it does in `src/runner`, and the faults' module in its folder.
 */
export default {
  ...packageBuild,
  unbundle: false,
  entry: {
    index: 'src/index.ts',
    'errors/index': 'src/errors/index.ts',
    'pipeline/builder': 'src/pipeline/builder.ts',
    'testing/index': 'src/testing/index.ts',
    'testing/faults/module': 'src/testing/faults/module.ts',
    'drivers/redis/index': 'src/drivers/redis/index.ts',
    'host-thread': 'src/runner/host-thread.ts',
    'host-child': 'src/runner/host-child.ts',
    'host-watchdog': 'src/runner/host-watchdog.ts',
  },
}
