// Packs every published package as it would go to the registry and asks publint and attw about the tarball.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishedPackages, root } from './workspace-packages.ts'

const destination = mkdtempSync(join(tmpdir(), 'imagedoc-tarballs-'))
const run = (command: string, args: string[], cwd = root) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

try {
  for (const { folder, manifest } of publishedPackages()) {
    const packed = run('pnpm', ['pack', '--json', '--pack-destination', destination], join(root, folder))
    const tarball = join(destination, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    const results = packed.ok
      ? [run('pnpm', ['exec', 'publint', tarball, '--strict']), run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only'])]
      : [packed]
    const wrong = results.filter((result) => !result.ok)
    console.log(`${wrong.length === 0 ? 'ok' : 'FAILED'}: ${manifest.name}`)
    for (const { output } of wrong) console.log(output)
    if (wrong.length > 0) process.exitCode = 1
  }
} finally {
  rmSync(destination, { recursive: true, force: true })
}
