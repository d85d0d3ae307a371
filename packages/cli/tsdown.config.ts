import { packageBuild } from '../../tsdown.shared.ts'

/** Few files instead of one for each source file: nothing here is started as a thread, and finding sixty modules takes as long as a small run. */
export default { ...packageBuild, entry: ['src/bin.ts', 'src/index.ts'], unbundle: false }
