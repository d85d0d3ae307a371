import { packageBuild } from '../../../tsdown.shared.ts'

/** One file: nothing here is started as a thread, and finding many modules takes as long as a small run. */
export default { ...packageBuild, entry: ['src/index.ts'], unbundle: false }
