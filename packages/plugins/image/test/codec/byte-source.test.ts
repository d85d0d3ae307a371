import { randomFillSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ByteCursor, inMemory, openSource, piecesOf, rangeOf, wholeOf } from '../../src/codec/byte-source.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bytes-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Some pieces, and a part of one. */
const bytes = randomFillSync(new Uint8Array(700_001)).map((byte) => (byte === 0xaa ? 0 : byte))
const marks = [0, 262_143, 262_144, 524_288, 700_000]
for (const at of marks) bytes[at] = 0xaa
const path = join(folder, 'bytes')
await writeFile(path, bytes)
const onDisk = () => openSource({ path, size: bytes.length })
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

describe.each([
  ['memory', () => openSource(bytes)],
  ['a file', onDisk],
])('bytes in %s', (_, open) => {
  it('are read by ranges, as far as there are any', () => {
    using source = open()
    expect(source.size).toBe(bytes.length)
    for (const [from, to] of [
      [0, 4],
      [5, 5],
      [32_760, 32_780],
      [100, 300_000],
      [699_990, 800_000],
      [800_000, 800_001],
    ] as const)
      expect(same(source.read(from, to), bytes.subarray(from, to))).toBe(true)
    const into = new Uint8Array(10).fill(7)
    source.copy(into, 699_995)
    expect([...into]).toEqual([...bytes.subarray(699_995), 7, 7, 7, 7])
  })

  it('are found one by one and by their value, across the pieces', () => {
    using source = open()
    const cursor = new ByteCursor(source)
    const found: number[] = []
    for (let at = cursor.indexOf(0xaa, 0); at >= 0; at = cursor.indexOf(0xaa, at + 1)) found.push(at)
    expect(found).toEqual(marks)
    expect([700_001, -1, 262_144, 3].map((at) => cursor.byte(at))).toEqual([undefined, undefined, 0xaa, bytes[3]])
  })

  it('come in windows that hold the byte behind the one asked for, too', () => {
    using source = open()
    const window = source.windows()
    for (const at of [0, 1, 262_143, 262_144, 524_287, 699_999]) {
      const { bytes: held, from } = window(at)
      expect([held[at - from], held[at - from + 1]]).toEqual([bytes[at], bytes[at + 1]])
    }
  })

  it('come in pieces that stay as they are', () => {
    using source = open()
    expect(same(Buffer.concat([...piecesOf(source, 10, 600_000)]), bytes.subarray(10, 600_000))).toBe(true)
  })

  it('have parts that end where they end', () => {
    using source = open()
    const part = rangeOf(source, 699_000, 900_000)
    expect(part.size).toBe(1001)
    expect(same(wholeOf(rangeOf(part, 1, 5)), bytes.subarray(699_001, 699_005))).toBe(true)
    const into = new Uint8Array(3)
    rangeOf(source, 10, 12).copy(into, 0)
    expect([...into]).toEqual([bytes[10], bytes[11], 0])
  })
})

it('a file that became shorter gives what is left', async () => {
  const short = join(folder, 'short')
  await writeFile(short, bytes.subarray(0, 10))
  using source = openSource({ path: short, size: 100_000 })
  expect([source.read(0, 20_000).length, source.read(5, 15).length, source.windows()(3).bytes.length]).toEqual([10, 5, 7])
  expect(new ByteCursor(source).indexOf(0xab, 1)).toBe([...bytes.subarray(0, 10)].indexOf(0xab, 1))
})

it('bytes in memory are not copied', () => {
  expect(inMemory(bytes).read(3, 9).buffer).toBe(bytes.buffer)
})
