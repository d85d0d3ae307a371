import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertDigest } from '../../src/artifact/digest.ts'
import { type coreKinds, dataKind, imageKind, layoutKind, textKind } from '../../src/artifact/kind.ts'
import { distinctPages } from '../../src/artifact/page-id.ts'
import {
  assertPixels,
  createDigester,
  createLayout,
  digestOf,
  formatPageId,
  fromBytes,
  fromFile,
  fromStream,
  isDigest,
  PIXELS_MEDIA_TYPE,
  type Pixels,
  parsePageId,
  sequenceOf,
} from '../../src/index.ts'

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('a digest', () => {
  it('is the sha256 of the bytes, whole or piece by piece, and of a text its UTF-8', () => {
    expect(digestOf(new Uint8Array())).toBe(empty)
    expect(digestOf('é')).toBe(digestOf(new TextEncoder().encode('é')))
    const pieces = createDigester()
    for (const piece of ['a', '', 'bc']) pieces.update(new TextEncoder().encode(piece))
    expect(pieces.digest()).toBe(digestOf('abc'))
  })

  it('is well-formed or refused', () => {
    expect(isDigest(empty)).toBe(true)
    for (const wrong of [empty.toUpperCase(), empty.slice(7), `${empty}0`, 'sha512:00', 5, undefined]) expect(isDigest(wrong)).toBe(false)
    expect(() => assertDigest('../../etc/passwd')).toThrowError(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })
})

describe('a page id', () => {
  it('is written and read the same', () => {
    const source = digestOf('')
    for (const [text, own] of [
      ['1', { page: 0, part: [], copy: 0 }],
      ['31b', { page: 30, part: [1], copy: 0 }],
      ['3aa.z#2', { page: 2, part: [26, 25], copy: 1 }],
      ['3zz.aaa', { page: 2, part: [701, 702], copy: 0 }],
    ] as const) {
      expect(formatPageId({ source: null, ...own })).toBe(text)
      expect(parsePageId(text)).toEqual({ source: null, ...own })
      expect(formatPageId({ source, ...own })).toBe(`e3b0c44298fc/${text}`)
      expect(parsePageId(`e3b0c44298fc/${text}`)).toEqual({ source: 'e3b0c44298fc', ...own })
    }
  })

  it.each(['', '0', '3A', '3#0', '3a.', '/3', 'e3b0c44298f/3', 'input/0/3/0'])('is not "%s"', (text) => {
    expect(() => parsePageId(text)).toThrowError(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('pages in a row', () => {
  const named = (names: readonly string[]): string[] =>
    distinctPages(names.map((name) => ({ ...parsePageId(name), source: null }))).map(formatPageId)

  it('are told apart as copies where one stands again', () => {
    expect(named(['1', '2', '1', '1a', '1', '1a'])).toEqual(['1', '2', '1#2', '1a', '1#3', '1a#2'])
  })

  it('keep the copies that they are', () => {
    expect(named(['1#2', '1', '1'])).toEqual(['1#2', '1', '1#3'])
    expect(named(['1#4', '1#4'])).toEqual(['1#4', '1'])
  })
})

describe('a sequence', () => {
  it('makes an item when it is asked for, in order', async () => {
    const made: number[] = []
    const sequence = sequenceOf(3, async (index) => made.push(index) && index * 10)
    expect(made).toEqual([])
    expect(await sequence.at(2)).toBe(20)
    expect(await Array.fromAsync(sequence)).toEqual([0, 10, 20])
    expect(made).toEqual([2, 0, 1, 2])
  })

  it('tells what is not there from what was skipped', async () => {
    const sequence = sequenceOf(
      3,
      (index) => index,
      (index) => index !== 1,
    )
    for (const index of [-1, 3, 0.5]) await expect(sequence.at(index)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(sequence.at(1)).rejects.toMatchObject({ code: 'PAGE_SKIPPED' })
    expect(sequence.length).toBe(3)
    expect([sequence.has(0), sequence.has(1)]).toEqual([true, false])
    expect(await Array.fromAsync(sequence)).toEqual([0, 2])
  })
})

describe('a source', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedoc-source-'))
    await writeFile(join(folder, 'scan.png'), 'bytes')
  })
  afterAll(() => rm(folder, { recursive: true }))
  const read = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()

  it('of a file can be opened as often as one likes, and has no path in its name', async () => {
    const source = fromFile(join(folder, 'scan.png'))
    expect(source.name).toBe('scan.png')
    expect([await read(await source.open()), await read(await source.open())]).toEqual(['bytes', 'bytes'])
    expect(fromFile(folder, { name: 'other' }).name).toBe('other')
  })

  it('of a file that is not there says so without its path', async () => {
    const error = await fromFile(join(folder, 'none.png'))
      .open()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INPUT_MISSING', message: 'The input "none.png" could not be read: it does not exist.' })
  })

  it('of bytes is read in one piece, of no bytes in none', async () => {
    expect(await read(await fromBytes(new TextEncoder().encode('abc'), { name: 'x' }).open())).toBe('abc')
    expect(await read(await fromBytes(new Uint8Array(), { name: 'x' }).open())).toBe('')
  })

  it('of a stream can be opened once', async () => {
    const source = fromStream(new Blob(['abc']).stream(), { name: 'x' })
    expect(source.once).toBe(true)
    await source.open()
    await expect(source.open()).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('a kind', () => {
  const pixels: Pixels = { width: 2, height: 1, channels: 3, density: 300, data: new Uint8Array([1, 2, 3, 4, 5, 6]) }
  const box = [0, 0, 5, 5] as const
  const words = [{ box, text: 'olá', confidence: 0.5, language: 'por' }]
  const layout = createLayout({ width: 10, height: 20, density: null, blocks: [{ kind: 'paragraph', box, lines: [{ box, words }] }] })

  it.each<[string, (typeof coreKinds)[number], unknown]>([
    ['pixels', imageKind, pixels],
    ['an image file', imageKind, { mediaType: 'image/png', bytes: new Uint8Array([1]), width: 1, height: 1, density: null }],
    ['a layout', layoutKind, layout],
    ['a text', textKind, { text: 'São Paulo\f', language: 'pt' }],
    ['data', dataKind, { a: [1, null, 'x'] }],
  ])('gives %s back from its bytes', (_, kind, value) => {
    const meta = kind.describe(value)
    expect(kind.meta.parse(meta)).toEqual(meta)
    expect(kind.fromBytes(kind.toBytes(value), meta)).toEqual(value)
  })

  it('refuses pixels whose bytes are not those of their size', () => {
    for (const wrong of [
      { width: 3 },
      { width: 0 },
      { height: 1.5 },
      { channels: 2 },
      { data: new Uint8Array(7) },
      { data: new Uint8Array(5) },
    ]) {
      expect(() => assertPixels({ ...pixels, ...wrong } as Pixels)).toThrowError(expect.objectContaining({ code: 'OPERATION_CONTRACT' }))
    }
    expect(() => imageKind.fromBytes({ mediaType: PIXELS_MEDIA_TYPE, bytes: new Uint8Array(5) }, imageKind.describe(pixels))).toThrow(
      'need 6 bytes',
    )
  })

  it('refuses a layout that is none', () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...layout, blocks: [{ kind: 'poem' }] }))
    expect(() => layoutKind.fromBytes({ mediaType: '', bytes }, { width: 1, height: 1 })).toThrow(
      expect.objectContaining({ code: 'CORRUPT_INPUT', message: expect.stringContaining('blocks[0].kind: A block is one of: paragraph') }),
    )
  })
})
