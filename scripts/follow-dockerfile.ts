// Where no container engine runs: follows the Dockerfile's steps in a temporary folder, starts what it says, asks HEALTHCHECK and stops it.
// It shows that the steps work together. What it does not show: the base image, its programs and libraries, and that an engine takes the file.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { follow } from './dockerfile/follow.ts'
import { parseDockerfile } from './dockerfile/parse.ts'
import { tryOut } from './dockerfile/try-out.ts'
import { root } from './workspace-packages.ts'

const into = mkdtempSync(join(tmpdir(), 'imagedoc-dockerfile-'))
try {
  const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))
  await tryOut(follow(stages, { context: root, into, say: console.log }), console.log)
  console.log('The steps of the Dockerfile work together; no image was built.')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  rmSync(into, { recursive: true, force: true })
}
