// Everything that CI asks for after the tests. Runs every step even when one fails, and names the failed ones at the end.
import { spawnSync } from 'node:child_process'
import { root } from './workspace-packages.ts'

const node = [process.execPath, '--conditions=@imagedoc/source']
const steps: Record<string, readonly string[]> = {
  'format and lint': ['pnpm', 'exec', 'biome', 'ci', '.', ...(process.stdout.isTTY ? [] : ['--colors=off'])],
  types: ['pnpm', 'run', 'typecheck'],
  'generated files': [...node, 'scripts/generate.ts', '--check'],
  'unused files, exports and dependencies': ['pnpm', 'exec', 'knip', '--no-config-hints'],
  build: ['pnpm', 'run', 'build'],
  'packed packages': [...node, 'scripts/check-tarballs.ts'],
  'a plugin outside of the workspace': ['bash', 'scripts/outside-plugin.sh'],
  'the steps of the Dockerfile': [...node, 'scripts/follow-dockerfile.ts'],
}

// A log keeps no colours.
const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
const wanted = process.argv.slice(2)
const failed: string[] = []
for (const [name, [command = '', ...args]] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n── ${name}: ${[command === process.execPath ? 'node' : command, ...args].join(' ')}`)
  const started = performance.now()
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' })
  console.log(`   ${status === 0 ? 'ok' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`)
  if (status !== 0) failed.push(name)
}

console.log(failed.length === 0 ? '\ncheck: all steps passed' : `\ncheck: FAILED: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
