import { faultsOf } from './plugin.ts'

/** What threads and children import. Nothing else does, so that the build leaves it a file of its own. */
// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which threads and children find it
export default faultsOf(import.meta.url)
