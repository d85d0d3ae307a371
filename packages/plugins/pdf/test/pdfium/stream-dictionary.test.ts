import { describe, expect, it } from 'vitest'
import { holdFile } from '../../src/pdfium/pdf-file.ts'
import { createDictionaryFinder } from '../../src/pdfium/stream-dictionary.ts'

const finderOf = (text: string) => createDictionaryFinder(holdFile(Buffer.from(text, 'latin1'), () => ''))
const object = (entries: string, data: string, eol = '\n'): string => `1 0 obj <<${entries}>> stream\n${data}${eol}endstream endobj\n`
const raw = (text: string): Uint8Array => Buffer.from(text, 'latin1')

describe('the dictionary of an image', () => {
  it.each(['', '\n', '\r\n'])('is the one before its bytes, whatever ends them (%j)', (eol) => {
    const find = finderOf(`%PDF-1.7\n${object('/ImageMask true', 'aaaa', eol)}${object('/SMask 9 0 R', 'bbbb', eol)}`)
    expect(find(raw('aaaa'))).toMatchObject({ stencil: true, masked: false })
    expect(find(raw('bbbb'))).toMatchObject({ stencil: false, masked: true })
    expect(find(raw('cccc'))).toBeUndefined()
    expect(find(raw(''))).toBeUndefined()
  })

  it('is found where the bytes themselves have the words of a stream in them', () => {
    const odd = 'x endstream y stream\nz'
    expect(finderOf(object('', 'other') + object('/OC 3 0 R', odd))(raw(odd))).toMatchObject({ layered: true })
  })

  it('is the first of two for the same bytes, in whatever order pages are read', () => {
    const text = object('/Decode [1 0]', 'same') + object('', 'last') + object('', 'same')
    const find = finderOf(text)
    find(raw('last'))
    expect(find(raw('same'))).toMatchObject({ decoded: true })
  })

  it('that is not in the file is looked for without reading every stream again for every page', () => {
    const held = holdFile(raw(Array.from({ length: 2000 }, (_, index) => object('', `a stream of this file ${index}`)).join('')), () => '')
    let reads = 0
    const find = createDictionaryFinder({ ...held, read: (at, into) => [reads++, held.read(at, into)] })
    for (let page = 0; page < 500; page++) expect(find(raw(`bytes as an encrypted file has none, ${page}`))).toBeUndefined()
    expect(reads).toBeLessThan(2 * 2000)
  })

  it('is found without reading what is far behind it', () => {
    const held = holdFile(raw(object('/OC 3 0 R', 'near') + ' '.repeat(8 * 2 ** 20) + object('', 'far')), () => '')
    let farthest = 0
    const read = (at: number, into: Uint8Array): void => {
      farthest = Math.max(farthest, at + into.length)
      held.read(at, into)
    }
    const find = createDictionaryFinder({ ...held, read })
    expect(find(raw('near'))).toMatchObject({ layered: true })
    expect(farthest).toBeLessThan(2 * 2 ** 20)
    expect(find(raw('far'))).toBeDefined()
  })

  // The file is searched in pieces of a mebibyte.
  it.each(Array.from({ length: 44 }, (_, index) => 2 ** 20 - 40 + index))('is found wherever pieces meet (%i)', (at) => {
    const text = `${' '.repeat(at)}${object('/ImageMask true', 'dot')}`
    expect(finderOf(text)(raw('dot'))).toMatchObject({ stencil: true })
  })
})
