import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../scripts/workspace-packages.ts'

/** The demo as `npm run demo` runs it, into a folder of the test's, on a machine without a program that translates. */
function demo() {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-demo-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  const argv = ['--conditions=@imagedoc/source', join(root, 'scripts', 'demo.ts'), join(folder, 'out')]
  const child = spawn(process.execPath, argv, { cwd: root, env: { HOME: folder, PATH: folder, TMPDIR: temporary } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, ended, out: join(folder, 'out'), temporary, said: () => said }
}

it('the demo goes the whole way on a server of its own, says what it skipped and why, and leaves its results and nothing else', async () => {
  const { ended, out, temporary, said } = demo()
  expect(await ended, said()).toBe(0)
  const files = ['found.jpg', 'preview.jpg', 'result.json', 'scan.pdf', 'searchable.pdf', 'text.txt', 'truth.txt']
  expect(readdirSync(out).sort()).toEqual(files)
  expect(said()).toMatch(/The translation was skipped .* so the run is "partial": .*(DeepL|Apertium)/i)
  const { run, again, found } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))
  expect([run.state, again.state]).toEqual(['partial', 'partial'])
  expect(again.saved_ms).toBeGreaterThan(1000)
  expect(again.steps.map((step: { pages: { miss: number } }) => step.pages.miss).every((miss: number) => miss === 0)).toBe(true)
  expect(readFileSync(join(out, 'truth.txt'), 'utf8')).toContain(found.word)
  expect(found).toMatchObject({
    page: expect.any(Number),
    words: [{ box: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)] }],
  })
  expect(readFileSync(join(out, 'found.jpg')).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]))
  expect(readdirSync(temporary).filter((name) => name.startsWith('imagedoc-demo-'))).toEqual([])
}, 240_000)

it('the demo stops its server and removes its data when it is interrupted', async () => {
  const { child, ended, temporary, said } = demo()
  await expect.poll(said, { timeout: 60_000 }).toContain('page 1 of 3')
  expect(readdirSync(temporary).filter((name) => name.startsWith('imagedoc-demo-'))).toHaveLength(1)
  child.kill('SIGINT')
  expect(await ended, said()).toBe(130)
  expect(readdirSync(temporary).filter((name) => name.startsWith('imagedoc-demo-'))).toEqual([])
}, 120_000)
