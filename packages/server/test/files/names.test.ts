import { describe, expect, it } from 'vitest'
import { requestedRange } from '../../src/files/byte-range.ts'
import { contentDisposition } from '../../src/files/disposition.ts'
import { safeFileName } from '../../src/files/file-name.ts'

describe('a file name', () => {
  it.each([
    ['letter.pdf', 'letter.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ana\\letter.pdf', 'letter.pdf'],
    ['..', 'document'],
    ['a/..', 'document'],
    ['', 'document'],
    ['   ', 'document'],
    ['a\r\nSet-Cookie: x=1.pdf', 'aSet-Cookie: x=1.pdf'],
    ['a\0b.pdf', 'ab.pdf'],
    ['\u202egpj.exe', 'gpj.exe'],
    ['a\u2066b\u200fc\ufeff.pdf', 'abc.pdf'],
    ['a\u2028b.pdf', 'ab.pdf'],
    ['half \ud800 pair.pdf', 'half \ufffd pair.pdf'],
    ['e\u0301te\u0301.pdf', 'été.pdf'],
    ['می\u200cخواهم.pdf', 'می\u200cخواهم.pdf'],
    ['carta de  Antónia (1899).pdf', 'carta de Antónia (1899).pdf'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
    expect(safeFileName(safe)).toBe(safe)
  })

  it('of 1000 characters keeps 200 of them, its extension among them', () => {
    expect([...safeFileName(`${'🦊'.repeat(1000)}.jpeg`)]).toHaveLength(200)
    expect(safeFileName(`${'a'.repeat(1000)}.jpeg`)).toBe(`${'a'.repeat(195)}.jpeg`)
  })
})

describe('Content-Disposition', () => {
  it.each([
    ['letter.pdf', 'application/pdf', `attachment; filename="letter.pdf"; filename*=UTF-8''letter.pdf`],
    ['a "b" \\ c.jpg', 'image/jpeg', `inline; filename="c.jpg"; filename*=UTF-8''c.jpg`],
    ['a "b".jpg', 'image/jpeg', `inline; filename="a _b_.jpg"; filename*=UTF-8''a%20%22b%22.jpg`],
    ['ação 🦊.tif', 'image/tiff', `attachment; filename="a__o _.tif"; filename*=UTF-8''a%C3%A7%C3%A3o%20%F0%9F%A6%8A.tif`],
    ["it's (1)*.png", 'image/png', `inline; filename="it's (1)*.png"; filename*=UTF-8''it%27s%20%281%29%2A.png`],
    ['100%.svg', 'image/svg+xml', `attachment; filename="100_.svg"; filename*=UTF-8''100%25.svg`],
    ['x\r\nSet-Cookie: a=b', 'text/html', `attachment; filename="xSet-Cookie: a=b"; filename*=UTF-8''xSet-Cookie%3A%20a%3Db`],
  ])('of %j as %s', (name, mediaType, expected) => {
    expect(contentDisposition(name, mediaType)).toBe(expected)
    expect(() => new Headers({ 'Content-Disposition': contentDisposition(name, mediaType) })).not.toThrow()
  })
})

describe('a range', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=0-99', { start: 0, end: 100 }],
    ['BYTES=10-19', { start: 10, end: 20 }],
    ['bytes=90-1000', { start: 90, end: 100 }],
    ['bytes=50-', { start: 50, end: 100 }],
    ['bytes=-30', { start: 70, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=99-99', { start: 99, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
    ['bytes=20-10', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0--1', 'whole'],
    ['items=0-1', 'whole'],
    ['', 'whole'],
    [undefined, 'whole'],
  ])('%s of 100 bytes is %j', (header, expected) => {
    expect(requestedRange(header, 100)).toEqual(expected)
  })

  it('of an empty file cannot be', () => {
    expect(requestedRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(requestedRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})
