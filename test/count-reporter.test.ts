import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Runs Vitest with the reporter on these test files; gives what it wrote, line by line, and its exit code. */
function runTests(files: Record<string, string>): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-count-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `import { it, expect } from 'vitest'\n${content}`)
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--root',
    folder,
    '--reporter=default',
    `--reporter=${root}/scripts/count-reporter.ts`,
  ]
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  return { lines: stdout.trimEnd().split('\n'), status }
}

it('ends with one plain line of counts, after the skipped tests and their reasons', () => {
  const { lines, status } = runTests({
    'some.test.ts': `
it('works', () => expect(1).toBe(1))
it('waits for a server', ({ skip }) => skip('no Redis on this machine'))
it.skip('says nothing of why', () => {})
it.todo('comes later')`,
  })
  expect(lines.slice(-4)).toEqual([
    'skipped: some.test.ts > waits for a server: no Redis on this machine',
    'skipped: some.test.ts > says nothing of why: no reason given',
    'skipped: some.test.ts > comes later: to do',
    '1 passed, 0 failed, 3 skipped',
  ])
  expect(status).toBe(0)
})

it('counts failed tests, and a file that cannot be loaded as a failure', () => {
  const { lines, status } = runTests({
    'fails.test.ts': `it('fails', () => expect(1).toBe(2))\nit('works', () => {})`,
    'broken.test.ts': `import './nowhere.ts'\nit('never runs', () => {})`,
  })
  expect(lines.at(-1)).toBe('1 passed, 2 failed, 0 skipped')
  expect(status).toBe(1)
})
