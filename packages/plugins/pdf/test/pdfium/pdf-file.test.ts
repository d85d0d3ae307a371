import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { holdFile } from '../../src/pdfium/pdf-file.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-pdf-file-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251)

describe.each([
  ['in memory', 1_000_000],
  ['on the disk', 0],
])('a PDF that is held %s', (_where, heldBytes) => {
  it.each([
    [0, 200_000],
    [0, 1],
    [199_999, 1],
    [32_700, 512],
    [60_000, 32_768],
    [100, 100_000],
  ])('gives at %i the %i bytes that are asked for', async (position, length) => {
    const file = holdFile(bytes, () => folder, heldBytes)
    await file.placed
    const into = new Uint8Array(length)
    file.read(1000, new Uint8Array(10))
    file.read(position, into)
    file.close()
    expect(Buffer.from(into).equals(bytes.subarray(position, position + length))).toBe(true)
  })

  it.each([
    [199_999, 2],
    [150_000, 60_000],
  ])('refuses what is beyond its end (%i, %i)', async (position, length) => {
    const file = holdFile(bytes, () => folder, heldBytes)
    await file.placed
    expect(() => file.read(position, new Uint8Array(length))).toThrow()
    file.close()
  })
})

it.skipIf(process.platform === 'win32')('leaves no name of the document on the disk', async () => {
  const file = holdFile(bytes, () => folder, 0)
  expect(await readdir(folder)).toEqual([])
  file.close()
})

it('reads from memory what is not on the disk yet, and may be closed before it is', async () => {
  const [read, closed] = [holdFile(bytes, () => folder, 0), holdFile(bytes, () => folder, 0)]
  closed.close()
  const into = new Uint8Array(100_000)
  read.read(7, into)
  expect(Buffer.from(into).equals(bytes.subarray(7, 100_007))).toBe(true)
  await Promise.all([read.placed, closed.placed])
  into.fill(0)
  read.read(7, into)
  expect(Buffer.from(into).equals(bytes.subarray(7, 100_007))).toBe(true)
  read.close()
})

it('holds a large document in memory where no file can be written', () => {
  const file = holdFile(bytes, () => join(folder, 'nowhere'), 0)
  const into = new Uint8Array(3)
  file.read(5, into)
  expect([...into]).toEqual([...bytes.subarray(5, 8)])
})
