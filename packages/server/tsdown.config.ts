import { packageBuild } from '../../tsdown.shared.ts'

/** Without the tests: one of them uses a support file of core's tests, and a build would write its declarations beside it. */
export default { ...packageBuild, tsconfig: 'tsconfig.build.json' }
