import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { publishedPackages, root, workspacePackages } from '../scripts/workspace-packages.ts'

/** The manifests and the changeset configuration in a repository of their own, without a remote. */
function workspaceCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-changesets-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const manifests = workspacePackages().map((one) => `${one.folder}/package.json`)
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json', ...manifests])
    cpSync(join(root, file), join(folder, file))
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: folder })
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-q', '-m', 'start')
  return folder
}

it('a change of one package releases all published packages together', () => {
  const folder = workspaceCopy()
  writeFileSync(join(folder, '.changeset/planted.md'), "---\n'@imagedoc/core': minor\n---\n\nPlanted.\n")
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'status', '--output=status.json'], { cwd: folder })
  const { releases } = JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8')) as { releases: { name: string; type: string }[] }
  const released = releases.filter(({ type }) => type === 'minor').map(({ name }) => name)
  expect(released.sort()).toEqual(
    publishedPackages()
      .map(({ manifest }) => manifest.name)
      .sort(),
  )
})

it('every changeset names published packages only', () => {
  const known = publishedPackages().map(({ manifest }) => manifest.name)
  for (const file of readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
    const front = readFileSync(join(root, '.changeset', file), 'utf8').split('---')[1] ?? ''
    const named = [...front.matchAll(/^'?([^':]+)'?: (?:patch|minor|major)$/gm)].map((match) => match[1])
    expect(named.length, file).toBeGreaterThan(0)
    expect(
      named.filter((name) => !known.includes(name ?? '')),
      file,
    ).toEqual([])
  }
})
