import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../src/artifact/diagnostic.ts'
import { imageKind, layoutKind, type Pixels, textKind } from '../../src/artifact/kind.ts'
import { defaultLimits } from '../../src/artifact/limits.ts'
import type { Sequence } from '../../src/artifact/sequence.ts'
import { pageItemExtra } from '../../src/operation/page-item.ts'
import type { PagedImage } from '../../src/operation/paged-image.ts'
import { encoded, image, layout, oneOf, paged, pdf, text } from '../../src/operation/port.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { convert } from '../../src/runner/convert.ts'
import type { Edge } from '../../src/runner/edge.ts'
import { OTHER_IMAGE, TEST_IMAGE, testImage } from '../../src/testing/faults/codec.ts'
import faults from '../../src/testing/faults/module.ts'
import { payload, pixels } from '../../src/testing/segment-call.ts'

const edge = (parts: Partial<Edge> = {}): Edge => ({
  registry: createRegistry([faults()]),
  limits: defaultLimits,
  signal: new AbortController().signal,
  use: 'test.operation',
  expands: true,
  report: () => {},
  ...parts,
})
const textPayload = (bytes: string, meta: null | { language: string }) =>
  payload(new TextEncoder().encode(bytes), { kind: 'text', mediaType: 'text/plain', meta })

describe('an image on its way to a port', () => {
  it('keeps the density that was said of it against the one in its header', async () => {
    const file = testImage({ density: 72 })
    const meta = { width: 2, height: 2, channels: null, density: 300 }
    for (const port of [image, encoded(image, [TEST_IMAGE])]) {
      expect(await convert({ payload: payload(file, { meta }) }, port, edge())).toMatchObject({ value: { density: 300 } })
      expect(await convert({ payload: payload(file, { meta: { ...meta, density: null } }) }, port, edge())).toMatchObject({
        value: { density: null },
      })
      expect(await convert({ payload: payload(file) }, port, edge())).toMatchObject({ value: { density: 72 } })
    }
  })

  it('stays the very file when it is upright and of a type that the port takes', async () => {
    const file = testImage()
    const { value, matrix } = await convert({ payload: payload(file) }, encoded(image, [OTHER_IMAGE, TEST_IMAGE]), edge())
    expect((value as { bytes: Uint8Array }).bytes).toBe(file)
    expect(matrix).toBeUndefined()
  })

  it('is made anew where the port does not take the file, and becomes what the port chooses for its pixels', async () => {
    const port = encoded(image, [OTHER_IMAGE, TEST_IMAGE], (params) => ({
      takes: ({ bytes }) => bytes.length < (params as { most: number }).most,
      encodeAs: ({ width }) => ({ mediaType: width > 1 ? TEST_IMAGE : OTHER_IMAGE }),
    }))
    const file = testImage()
    const at = async (most: number) =>
      (await convert({ payload: payload(file) }, port, edge({ params: { most } }))).value as { bytes: Uint8Array }
    expect((await at(10_000)).bytes).toBe(file)
    expect((await at(10)).bytes).not.toBe(file)
    expect(await at(10)).toMatchObject({ mediaType: TEST_IMAGE })
    expect((await convert({ payload: pixels([7], { width: 1, height: 1 }) }, port, edge({ params: { most: 1 } }))).value).toMatchObject({
      mediaType: OTHER_IMAGE,
    })
  })

  it('is turned upright on its way to a file port', async () => {
    const file = testImage({ turned: true, width: 2, height: 1 }, (_, index) => index)
    const { value, matrix } = await convert({ payload: payload(file) }, encoded(image, [TEST_IMAGE]), edge())
    expect([...(value as { bytes: Uint8Array }).bytes.slice(-2)]).toEqual([1, 0])
    expect(matrix).toEqual([-1, 0, 2, 0, -1, 1, 0, 0, 1])
  })

  it('comes apart into pages that know where they come from', async () => {
    const { value } = await convert({ payload: payload(testImage({ pages: 2, turned: true })) }, paged(image), edge())
    const pages = value as Sequence<Pixels>
    expect(pages.length).toBe(2)
    const second = await pages.at(1)
    expect(second.data[0]).toBe(2)
    expect(pageItemExtra(second)).toMatchObject({ matrix: [-1, 0, 2, 0, -1, 2, 0, 0, 1], diagnostics: [{ code: 'TURNED' }] })
  })

  it.each([
    ['pixels', image],
    ['a file', encoded(image, [TEST_IMAGE])],
  ])('does not hide its damage when it goes on as %s: it is decoded, and each finding is reported once', async (_form, port) => {
    const said: Diagnostic[] = []
    const file = testImage({ missing: 0.25, lost: 3 })
    const { value } = await convert({ payload: payload(file) }, port, edge({ report: (diagnostic) => said.push(diagnostic) }))
    expect(said).toMatchObject([
      { code: 'PAGES_LOST', details: { lost: 3 } },
      { code: 'IMAGE_DAMAGED', details: { missing: 0.25 } },
    ])
    expect((value as { bytes?: Uint8Array }).bytes).not.toBe(file)
  })

  it('does not hide its damage when it comes apart into pages', async () => {
    const said: Diagnostic[] = []
    const report = (diagnostic: Diagnostic) => said.push(diagnostic)
    const one = (await convert({ payload: payload(testImage({ missing: 0.25, lost: 3 })) }, paged(image), edge({ report })))
      .value as PagedImage
    expect(pageItemExtra(await one.at(0)).diagnostics).toMatchObject([
      { code: 'PAGES_LOST' },
      { code: 'IMAGE_DAMAGED', details: { missing: 0.25 } },
    ])
    expect(said).toEqual([])
    const several = (await convert({ payload: payload(testImage({ pages: 2, lost: 3 })) }, paged(image), edge({ report })))
      .value as PagedImage
    expect(said).toMatchObject([{ code: 'PAGES_LOST' }])
    expect(several.diagnostics).toEqual(said)
    expect(pageItemExtra(await several.at(0)).diagnostics).toEqual([])
  })

  it('reports what is found on a page at once when the operation does not expand, and once however often it is asked for', async () => {
    const said: Diagnostic[] = []
    const parts = { expands: false, report: (diagnostic: Diagnostic) => void said.push(diagnostic) }
    const pages = (await convert({ payload: payload(testImage({ missing: 0.25 })) }, paged(image), edge(parts))).value as PagedImage
    await pages.at(0)
    await pages.at(0)
    expect(said.map(({ code }) => code)).toEqual(['IMAGE_DAMAGED'])
  })

  it('is decoded to be sure when it is checked, also where it is handed on untouched', async () => {
    const file = testImage()
    const pages = (await convert({ payload: payload(file) }, paged(image), edge())).value as PagedImage
    expect(await pages.at(0)).toMatchObject({ bytes: file })
    expect(await pages.check(0)).toEqual([])
    const damaged = (await convert({ payload: payload(testImage({ missing: 0.1 })) }, paged(image), edge())).value as PagedImage
    expect(await damaged.check(0)).toMatchObject([{ code: 'IMAGE_DAMAGED', details: { missing: 0.1 } }])
  })

  it('is refused over the limit of pages', async () => {
    const limits = { ...defaultLimits, pages: 1 }
    await expect(convert({ payload: payload(testImage({ pages: 2 })) }, paged(image), edge({ limits }))).rejects.toMatchObject({
      code: 'TOO_MANY_PAGES',
    })
  })

  it('takes the alternative that needs no conversion', async () => {
    const either = oneOf(image, encoded(image, [TEST_IMAGE]))
    expect((await convert({ payload: payload() }, either, edge())).value).toHaveProperty('bytes')
    expect((await convert({ payload: payload(testImage(), { mediaType: OTHER_IMAGE }) }, either, edge())).value).toHaveProperty('data')
    expect((await convert({ payload: pixels([1, 2, 3, 4]) }, either, edge())).value).toHaveProperty('data')
    const value = { width: 2, height: 2, density: null, mediaType: TEST_IMAGE, bytes: testImage() }
    expect((await convert({ kind: imageKind, value }, image, edge())).value).toHaveProperty('data')
  })

  it('names the package that is missing when there is no codec', async () => {
    const bare = edge({ registry: createRegistry([]) })
    const missing = { code: 'CODEC_MISSING', message: expect.stringContaining('@imagedoc/plugin-image') }
    await expect(convert({ payload: payload() }, image, bare)).rejects.toMatchObject(missing)
    await expect(convert({ payload: payload() }, paged(image), bare)).rejects.toMatchObject(missing)
    await expect(convert({ payload: pixels([1, 2, 3, 4]) }, encoded(image, [TEST_IMAGE]), bare)).rejects.toMatchObject(missing)
  })

  it('says what is wrong with it', async () => {
    await expect(convert({ payload: payload(new Uint8Array(4)) }, image, edge())).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    const short = payload(new Uint8Array(3), {
      mediaType: 'application/vnd.imagedoc.pixels',
      meta: { width: 2, height: 2, channels: 1, density: null },
    })
    await expect(convert({ payload: short }, image, edge())).rejects.toMatchObject({ code: 'OPERATION_CONTRACT' })
  })
})

describe('another kind on its way to a port', () => {
  it('is read by its kind, also as a file of which nothing is known yet', async () => {
    expect((await convert({ payload: textPayload('Olá', { language: 'pt' }) }, text, edge())).value).toEqual({
      text: 'Olá',
      language: 'pt',
    })
    expect((await convert({ payload: textPayload('Olá', null) }, text, edge())).value).toEqual({ text: 'Olá', language: null })
  })

  it('goes on between two steps as the value it is', async () => {
    const value = { text: 'Olá', language: null }
    expect((await convert({ kind: textKind, value }, oneOf(text, layout), edge())).value).toBe(value)
  })

  it('is refused by a port of another kind', async () => {
    const message = '"test.operation" takes pdf or image, but was given text.'
    await expect(convert({ payload: textPayload('a', null) }, oneOf(pdf, image), edge())).rejects.toMatchObject({
      code: 'WRONG_KIND',
      message,
    })
    await expect(convert({ kind: layoutKind, value: {} }, image, edge())).rejects.toMatchObject({ code: 'WRONG_KIND' })
  })

  it('is not quoted when it cannot be read', async () => {
    const damaged = payload(new TextEncoder().encode('Dear Anna'), { kind: 'layout', mediaType: 'application/json' })
    const error = await convert({ payload: damaged }, layout, edge()).catch((caught: Error) => caught)
    expect(error).toMatchObject({ code: 'CORRUPT_INPUT' })
    expect(String(error)).not.toContain('Anna')
  })
})
