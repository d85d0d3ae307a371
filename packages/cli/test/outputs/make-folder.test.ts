import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeFolder } from '../../src/outputs/make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'imagedoc-make-folder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('makes a folder and those above it, also when two do so at once', async () => {
  const path = join(folder, 'a', 'b', 'c')
  await Promise.all([makeFolder(path), makeFolder(path)])
  await makeFolder(path)
  expect(statSync(path).isDirectory()).toBe(true)
})

it('says that a file is where a folder should be', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

it.runIf(process.platform === 'linux')('comes back from where nothing can be made', async () => {
  await expect(makeFolder('/proc/imagedoc/x')).rejects.toMatchObject({ code: 'ENOENT' })
})
