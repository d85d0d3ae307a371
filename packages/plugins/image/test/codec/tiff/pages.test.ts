import { defaultLimits } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../../src/codec/codec.ts'
import { at } from '../../pages.ts'
import { type BuiltDirectory, buildTiff, greyPage } from './build.ts'

const signal = new AbortController().signal
const probe = (bytes: Uint8Array) => imageCodec.probe(bytes, defaultLimits)
const decode = (bytes: Uint8Array, page = 0) => imageCodec.decode(bytes, { page, limits: defaultLimits, signal })
const reduced = { 254: [4, [1]] } as const
const big = (value = 200) => greyPage(160, 240, { value })
const small = (more: BuiltDirectory['fields'] = reduced) => greyPage(40, 60, { value: 50, fields: more })
const raw = (photometric: number): BuiltDirectory => greyPage(320, 480, { fields: { 262: [3, [photometric]] } })

describe('pages of a TIFF', () => {
  it.each([
    ['a thumbnail behind the page', [big(), small()], [160, 200]],
    ['a thumbnail before the page', [small(), big()], [160, 200]],
    ['a thumbnail by the old SubfileType', [small({ 255: [3, [2]] }), big()], [160, 200]],
    ['levels of a pyramid', [big(), greyPage(80, 120, { fields: reduced }), greyPage(40, 60, { fields: reduced })], [160, 200]],
    ['a mask', [big(), greyPage(160, 240, { value: 0, fields: { 254: [4, [4]], 262: [3, [4]] } })], [160, 200]],
    ['a mask of a reduced level', [big(), greyPage(80, 120, { value: 0, fields: { 254: [4, [5]] } })], [160, 200]],
    ['levels in directories below', [{ ...big(), subs: [greyPage(80, 120, { fields: reduced })] }], [160, 200]],
    ['the picture below its thumbnail', [{ ...small(), subs: [big()] }], [160, 200]],
  ] as const)('leaves out %s', async (_, directories, [width, value]) => {
    const file = buildTiff(directories)
    expect(await probe(file)).toMatchObject({ pages: 1, width })
    expect(at((await decode(file)).pixels, 5, 5)).toBe(value)
    await expect(decode(file, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
  it.each([
    ['all pages are flagged as reduced', [big(10), big(20), big(30)].map((page) => ({ ...page, fields: { ...page.fields, ...reduced } }))],
    ['a page as large as the others is flagged', [big(10), { ...big(20), fields: { ...big().fields, ...reduced } }, big(30)]],
    ['a smaller page of other sides is flagged', [big(10), greyPage(140, 120, { value: 20, fields: reduced }), big(30)]],
    ['a page is half as large and not tiled', [big(10), greyPage(80, 120, { value: 20 }), greyPage(40, 60, { value: 30 })]],
  ])('counts pages where %s', async (_, directories) => {
    const file = buildTiff(directories)
    expect((await probe(file)).pages).toBe(3)
    for (const page of [0, 1, 2]) expect(at((await decode(file, page)).pixels, 5, 5)).toBe([10, 20, 30][page])
  })
  it('takes tiled directories that halve for the levels of a pyramid, and says so', async () => {
    const file = buildTiff(
      [
        [160, 240],
        [80, 120],
        [40, 60],
      ].map(([w, h]) => greyPage(w as number, h as number, { tiled: true })),
    )
    const found = await probe(file)
    expect(found).toMatchObject({ pages: 1, portable: false, diagnostics: [{ code: 'PYRAMID_LEVELS', details: { count: 2 } }] })
  })
  it('passes a file on as it is only when every reader sees the same one page in it', async () => {
    expect(await probe(buildTiff([big()]))).toMatchObject({ upright: true, portable: true })
    expect(await probe(buildTiff([big(), small()]))).toMatchObject({ upright: true, portable: false })
  })
})

describe('raw camera files', () => {
  it.each([
    ['DNG: sensor data below a thumbnail', [{ ...small({ ...reduced, 50706: [1, [1, 4, 0, 0]] }), subs: [raw(32803)] }]],
    ['NEF: a preview and sensor data below a thumbnail', [{ ...small(), subs: [greyPage(160, 240), raw(32803)] }]],
    ['a thumbnail without a flag', [{ ...small({}), subs: [raw(32803)] }]],
    ['PEF: sensor data in the chain', [raw(32803), small()]],
    ['linear data of a DNG', [{ ...small(), subs: [raw(34892)] }]],
    ["ARW: a camera's compression", [{ ...small(), subs: [greyPage(320, 480, { fields: { 259: [3, [32767]] } })] }]],
    ['a DNG whose sensor data are lost', [small({ ...reduced, 50706: [1, [1, 4, 0, 0]], 330: [13, [999_999]] })]],
  ] as const)('refuses %s', async (_, directories) => {
    const refusal = { code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining('raw camera file') }
    await expect(probe(buildTiff(directories))).rejects.toMatchObject(refusal)
    await expect(decode(buildTiff(directories))).rejects.toMatchObject(refusal)
  })
  it('refuses a CR2 by its mark behind the header', async () => {
    const file = buildTiff([{ fields: { ...big().fields }, data: [Uint8Array.of(0x43, 0x52, 2, 0), ...(big().data ?? [])] }])
    expect([...file.subarray(8, 10)]).toEqual([0x43, 0x52])
    await expect(probe(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringMatching(/raw/) })
  })
  it('shows a developed picture that stands beside the sensor data', async () => {
    expect(await probe(buildTiff([{ ...greyPage(320, 480), subs: [raw(32803)] }]))).toMatchObject({ pages: 1, width: 320 })
  })
  it('does not show the reduced copy of a picture that is lost', async () => {
    const file = buildTiff([small({ ...reduced, 330: [13, [999_999]] })])
    await expect(probe(file)).rejects.toMatchObject({ code: 'CORRUPT_INPUT', message: expect.stringContaining('reduced copy') })
  })
})

describe('a damaged chain of directories', () => {
  const three = [big(10), big(20), big(30)]
  it.each([
    ['leaves the file', (index: number, _: readonly number[], size: number) => (index === 1 ? size + 10 : undefined), 'cut', 2],
    ['ends in a torn directory', (index: number, _: readonly number[], size: number) => (index === 0 ? size - 3 : undefined), 'cut', 1],
    ['goes in a circle', (index: number, offsets: readonly number[]) => (index === 2 ? offsets[0] : undefined), 'loop', 3],
    ['points at itself', (index: number, offsets: readonly number[]) => (index === 1 ? offsets[1] : undefined), 'loop', 2],
  ] as const)('that %s gives the pages that are there, and PAGES_LOST', async (...[, next, chain, pages]) => {
    const file = buildTiff(three, { next })
    const found = await probe(file)
    expect(found).toMatchObject({
      pages,
      portable: false,
      diagnostics: [{ code: 'PAGES_LOST', severity: 'warning', details: { pages, chain } }],
    })
    for (let page = 0; page < pages; page++) expect(at((await decode(file, page)).pixels, 5, 5)).toBe([10, 20, 30][page])
  })
  it('does not count a last page whose bytes are cut off', async () => {
    const file = buildTiff([big(10), { ...big(20), fields: { ...big().fields, 273: [4, [9_000_000]], 279: [4, [38_400]] } }])
    expect(await probe(file)).toMatchObject({ pages: 1, diagnostics: [{ code: 'PAGES_LOST' }] })
  })
  it('is an error where not even the first directory is there', async () => {
    const file = buildTiff(three)
    new DataView(file.buffer).setUint32(4, file.length + 100, true)
    await expect(probe(file)).rejects.toMatchObject({ code: 'CORRUPT_INPUT', message: expect.stringContaining('first directory') })
    for (const length of [4, 6, 8]) await expect(probe(file.subarray(0, length))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })
  it('is read within bounds', async () => {
    const many = buildTiff(Array.from({ length: 3000 }, () => ({ fields: greyPage(4, 4).fields, data: [new Uint8Array(16)] })))
    const found = await imageCodec.probe(many, { ...defaultLimits, pages: 100 })
    expect(found.pages).toBe(800)
    const huge = buildTiff([big()])
    const view = new DataView(huge.buffer)
    const directory = view.getUint32(4, true)
    for (let entry = directory + 2; entry < huge.length - 12; entry += 12) view.setUint32(entry + 4, 0xffffffff, true)
    await expect(probe(huge)).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })
})
