import { PDFName } from '@cantoo/pdf-lib'
import { describe, expect, it } from 'vitest'
import { degrees, document, jpeg } from './support/documents.ts'
import { asImage } from './support/layouts.ts'
import { inspectDocument } from './support/run.ts'

const pages = (count: number) =>
  document((made) => {
    for (let page = 0; page < count; page++) made.addPage([100 + page, 100])
  })

describe('document.inspect', () => {
  it('counts the pages of a PDF and measures them in points, as they are shown', async () => {
    const bytes = await document((made) => {
      made.addPage([100, 200])
      made.addPage([300, 400]).setRotation(degrees(90))
    })
    const { output } = await inspectDocument(bytes)
    const sizes = [
      { width: 100, height: 200, unit: 'pt' },
      { width: 400, height: 300, unit: 'pt' },
    ]
    expect(output).toEqual({ mediaType: 'application/pdf', pages: 2, sizes })
  })

  it('measures the first 20 pages and counts all', async () => {
    const { output } = await inspectDocument(await pages(50))
    expect(output).toMatchObject({ pages: 50 })
    expect((output as { sizes: unknown[] }).sizes).toHaveLength(20)
  })

  it('measures an image file in pixels', async () => {
    const { output } = await inspectDocument([asImage(await jpeg({ width: 80, height: 120 }))])
    expect(output).toEqual({ mediaType: 'image/jpeg', pages: 1, sizes: [{ width: 80, height: 120, unit: 'px' }] })
  })

  it('counts the pages of an image file of several without decoding one', async () => {
    const undecoded = new Proxy([], { get: (_, key) => (key === 'length' ? 3 : expect.unreachable('a page was asked for')) })
    expect((await inspectDocument(undecoded)).output).toEqual({ mediaType: null, pages: 3, sizes: [] })
  })

  it('says that a damaged document was repaired', async () => {
    const whole = await pages(3)
    // The cross-reference table is cut through.
    const { output, diagnostics } = await inspectDocument(whole.subarray(0, whole.length - 150))
    expect(output).toMatchObject({ pages: 3 })
    expect(diagnostics).toMatchObject([{ code: 'DOCUMENT_CUT_OFF', details: { cutOff: true } }, { code: 'DOCUMENT_REPAIRED' }])
    // The last page's dictionary is.
    const lost = await inspectDocument(whole.subarray(0, whole.length - 200))
    expect(lost.output).toMatchObject({ pages: 2 })
    expect(lost.diagnostics).toMatchObject([
      { code: 'DOCUMENT_CUT_OFF' },
      { code: 'DOCUMENT_REPAIRED' },
      { code: 'PAGES_LOST', details: { found: 2, lost: 1 } },
    ])
  })

  it('does not walk the fields of a form, of which a few hundred bytes can make millions', async () => {
    const bytes = await document((made) => {
      made.addPage([100, 100])
      const { context, catalog } = made
      let field = context.register(context.obj({ FT: 'Tx' }))
      for (let level = 0; level < 26; level++) field = context.register(context.obj({ FT: 'Tx', Kids: [field, field] }))
      catalog.set(PDFName.of('AcroForm'), context.obj({ Fields: [field] }))
    })
    const since = performance.now()
    expect((await inspectDocument(bytes)).output).toMatchObject({ pages: 1 })
    // Walking them takes PDFium 8 s and more.
    expect(performance.now() - since).toBeLessThan(3000)
  })

  it('refuses too many pages, a locked document, and what only looks like a PDF', async () => {
    await expect(inspectDocument(await pages(4), { pages: 3 })).rejects.toMatchObject({ code: 'TOO_MANY_PAGES' })
    const locked = await document((made) => {
      made.addPage([100, 100])
      made.encrypt({ userPassword: 'secret', ownerPassword: 'owner' })
    })
    await expect(inspectDocument(locked)).rejects.toMatchObject({ code: 'PASSWORD_REQUIRED' })
    const impostor = new TextEncoder().encode('%PDF-1.7\nnothing')
    await expect(inspectDocument(impostor)).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  describe('of a PDF that may be cut off', () => {
    const cutOff = async (bytes: Uint8Array) =>
      ((await inspectDocument(bytes)).diagnostics ?? []).filter(({ code }) => code === 'DOCUMENT_CUT_OFF').map(({ details }) => details)
    const plus = (bytes: Uint8Array, text: string) => Buffer.concat([bytes, Buffer.from(text)])

    it('finds that its end is missing', async () => {
      const whole = await pages(3)
      for (const missing of [40, 150, 200]) expect(await cutOff(whole.subarray(0, -missing))).toEqual([{ cutOff: true }])
    })

    it('finds it where the end mark of an older state is left', async () => {
      const updated = plus(await pages(3), `9 0 obj\n<< /Length 5000 >>\nstream\n${'x'.repeat(4000)}`)
      expect(await cutOff(updated)).toEqual([{ cutOff: true }])
    })

    it('tells how many bytes are missing of one that is made for the web', async () => {
      const whole = Buffer.from(await pages(3))
      const size = whole.length + 1000
      const first = Buffer.from(`%PDF-1.7\n90 0 obj\n<< /Linearized 1 /L ${size + 60} >>\nendobj\n`)
      const part = Buffer.concat([first, whole.subarray(whole.indexOf('\n'), -150)])
      expect(await cutOff(part)).toEqual([{ cutOff: true, missingBytes: size + 60 - part.length }])
      const atTheFirstEnd = plus(part, '\nstartxref\n0\n%%EOF\n')
      expect(await cutOff(atTheFirstEnd)).toEqual([{ cutOff: true, missingBytes: size + 60 - atTheFirstEnd.length }])
    })

    it.each([
      ['that is whole', ''],
      ['behind whose end lie zeros', '\0'.repeat(9000)],
      ['behind whose end lies the end of a mail', `\n--boundary--\n${'-'.repeat(3000)}`],
    ])('finds nothing in one %s', async (_, behind) => {
      expect(await cutOff(plus(await pages(2), behind))).toEqual([])
    })

    it('looks behind what pads it at any length', async () => {
      const whole = await pages(2)
      for (const padding of ['\0', ' ', '\r\n']) {
        expect(await cutOff(plus(whole, padding.repeat(100_000)))).toEqual([])
        expect(await cutOff(plus(whole.subarray(0, -150), padding.repeat(100_000)))).toEqual([{ cutOff: true }])
      }
    })

    it('finds nothing in one that lacks only a part of its end mark', async () => {
      const whole = Buffer.from(await pages(2))
      expect(await cutOff(whole.subarray(0, whole.lastIndexOf('%%EOF') + 3))).toEqual([])
    })
  })
})
