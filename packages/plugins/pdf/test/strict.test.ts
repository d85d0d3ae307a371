import { type Diagnostic, type EncodedImage, type Pixels, pageItem } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { takeImagePages } from './support/run.ts'

const damaged: Diagnostic = { code: 'IMAGE_DAMAGED', severity: 'warning', message: 'A quarter is missing.', details: { missing: 0.25 } }
const lost: Diagnostic = { code: 'PAGES_LOST', severity: 'warning', message: 'Pages are lost.' }
const cmyk: Diagnostic = { code: 'CMYK_CONVERTED', severity: 'info', message: 'CMYK.' }
const pixels = (): Pixels => ({ width: 1, height: 1, channels: 1, density: 300, data: new Uint8Array(1) })
const file: EncodedImage = { mediaType: 'image/jpeg', bytes: Uint8Array.of(0xff), width: 1, height: 1, density: 300 }

const take = (items: readonly (Pixels | EncodedImage)[], strict: boolean, known: Parameters<typeof takeImagePages>[2] = {}) =>
  takeImagePages(items, { strict }, known)

describe('document.pages, strict', () => {
  const three = () => [pixels(), pageItem(pixels(), { diagnostics: [damaged] }), pageItem(pixels(), { diagnostics: [cmyk] })]

  it('refuses the damaged page by its number, and gives the others', async () => {
    const { output } = await take(three(), true)
    await expect(output.at(1)).rejects.toMatchObject({ code: 'CORRUPT_INPUT', message: expect.stringMatching(/^Page 2 is damaged/) })
    expect(await output.at(0)).toMatchObject({ width: 1 })
    expect(await output.at(2)).toMatchObject({ width: 1 })
  })

  it('shows it, with the finding, when it is not strict', async () => {
    const { output } = await take(three(), false)
    expect(await output.at(1)).toMatchObject({ width: 1 })
  })

  it('refuses a file that has lost pages', async () => {
    await expect(take(three(), true, { diagnostics: [lost] })).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
      message: expect.stringMatching(/^The document is damaged/),
    })
    expect((await take(three(), false, { diagnostics: [lost] })).output.length).toBe(3)
  })

  it('has a file that is handed on untouched decoded, to be sure of it', async () => {
    const { output } = await take([file], true, { check: async () => [damaged] })
    await expect(output.at(0)).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    expect(await (await take([file], true, { check: async () => [cmyk] })).output.at(0)).toBe(file)
  })
})
