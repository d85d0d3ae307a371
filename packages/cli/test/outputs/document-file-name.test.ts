import { describe, expect, it } from 'vitest'
import { documentFileName } from '../../src/outputs/document-file-name.ts'

describe('the name of a document’s file', () => {
  it('is the title, with the extension of its type', () => {
    expect(documentFileName('letter.pdf', 'application/pdf')).toBe('letter.pdf')
    expect(documentFileName('Carta n. 3', 'image/tiff')).toBe('Carta n. 3.tif')
    expect(documentFileName('scan.pdf', 'image/png')).toBe('scan.pdf.png')
  })

  it('never leads out of the folder, hides the file or names a device', () => {
    const names = ['../../etc/passwd', '..', '.ssh/authorized_keys', 'a\\b', 'C:x', 'con.pdf', '\u202etxt.exe', 'a\u0000b', ' . ']
    for (const title of names) {
      const name = documentFileName(title, 'application/pdf')
      expect(name, title).toMatch(/^[^./\\:\p{C}][^/\\:\p{C}]*\.pdf$/u)
      expect(name.split('.')[0]?.toLowerCase(), title).not.toBe('con')
    }
  })

  it('is short enough for every file system, whatever its letters take', () => {
    const name = documentFileName('é'.repeat(200), 'application/pdf')
    expect(Buffer.byteLength(name)).toBeLessThan(220)
    expect(name).toMatch(/^é+\.pdf$/)
  })
})
