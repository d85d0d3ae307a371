import { isPixels, type Pixels, pageItemExtra } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { document } from './support/documents.ts'
import { takePages } from './support/run.ts'

const PAGES = 3

/** Three pages, each with its own bar, as text that can be tampered with. */
const healthy = async (): Promise<string> =>
  Buffer.from(
    await document((made) => {
      for (let index = 0; index < PAGES; index++) made.addPage([72, 72]).drawRectangle({ x: 10, y: 10 + 15 * index, width: 40, height: 10 })
    }),
  ).toString('latin1')

async function read(text: string) {
  const { output, diagnostics = [] } = await takePages(new Uint8Array(Buffer.from(text, 'latin1')), { dpi: 72 })
  let inked = 0
  const codes: string[] = diagnostics.map(({ code }) => code)
  for (let index = 0; index < output.length; index++) {
    const page = (await output.at(index)) as Pixels
    if (isPixels(page) && page.data.some((value) => value < 128)) inked++
    codes.push(...(pageItemExtra(page).diagnostics ?? []).map(({ code }) => code))
  }
  return { pages: output.length, inked, codes }
}

/** A page tree in which every node has one kid, `depth` times over. */
function deepened(text: string, depth: number): string {
  const [, number = '', kids = ''] = /(\d+) 0 obj\n<<\n\/Type \/Pages\n\/Kids \[([^\]]*)\]/.exec(text) ?? []
  const nodes = Array.from({ length: depth }, (_, index) => {
    const below = index === depth - 1 ? kids : `${1001 + index} 0 R`
    return `${1000 + index} 0 obj\n<< /Type /Pages /Count ${PAGES} /Parent ${index === 0 ? number : 999 + index} 0 R /Kids [ ${below} ] >>\nendobj\n`
  })
  const cut = text.slice(0, text.indexOf('\nxref\n')).replace(/\/Kids \[[^\]]*\]/, '/Kids [ 1000 0 R ]')
  return `${cut}\n${nodes.join('')}trailer\n<< /Size ${1001 + depth} /Root ${/\/Root (\d+)/.exec(text)?.[1]} 0 R >>\nstartxref\n0\n%%EOF`
}

const rootOf = (text: string): string => /\/Root \d+ 0 R/.exec(text)?.[0] ?? ''
const tail = (text: string, pattern: RegExp, to: string): string => text.replace(pattern, to)

/** Most of these poppler or MuPDF read as well; with the page list broken, neither does. */
describe('a damaged PDF gives its pages', () => {
  it.each<[string, (text: string) => string]>([
    ['startxref wrong', (text) => tail(text, /startxref\n\d+/, 'startxref\n7')],
    ['startxref missing', (text) => tail(text, /startxref\n\d+/, '')],
    ['table missing', (text) => tail(text, /xref\n[\s\S]*?trailer/, 'trailer')],
    ['cut within the table', (text) => text.slice(0, text.indexOf('\nxref\n') + 40)],
    ['table and trailer gone', (text) => text.slice(0, text.indexOf('\nxref\n'))],
    ['offsets shifted', (text) => text.replace('%PDF-1.7\n', '%PDF-1.7\n% shifted by a line\n')],
    ['no /Root', (text) => text.replace(rootOf(text), '')],
    ['/Root is the page tree', (text) => text.replace(rootOf(text), `/Root ${/\/Pages (\d+)/.exec(text)?.[1]} 0 R`)],
    ['no /Size', (text) => tail(text, /\/Size \d+/, '')],
    ['/Count 0', (text) => tail(text, /\/Count \d+/, '/Count 0')],
    ['/Count -5', (text) => tail(text, /\/Count \d+/, '/Count -5')],
    ['/Count 1', (text) => tail(text, /\/Count \d+/, '/Count 1')],
    ['/Count of 700', (text) => tail(text, /\/Count \d+/, '/Count 700')],
    ['no /Count', (text) => tail(text, /\/Count \d+/, '')],
    ['no types', (text) => text.replace(/\/Type \/(Pages?|Catalog)\b/g, '')],
    ['/Pages in an array', (text) => text.replace(/\/Pages (\d+ 0 R)/, '/Pages [ $1 ]')],
    ['/Pages leads nowhere', (text) => text.replace(/\/Pages \d+ 0 R/, '/Pages 88 0 R')],
    ['/Pages is a page', (text) => text.replace(/\/Pages \d+ 0 R/, `/Pages ${/\/Kids \[ (\d+)/.exec(text)?.[1]} 0 R`)],
    ['no header', (text) => text.slice(9)],
    ['a header in small letters', (text) => text.replace('%PDF', '%pdf')],
    ['no /Pages', (text) => text.replace(/\/Pages \d+ 0 R/, '')],
    [
      'a tree that leads back to its root',
      (text) => text.replace(/(\d+) 0 obj\n<<\n\/Type \/Pages\n\/Kids \[/, (all, number) => `${all} ${number} 0 R `),
    ],
    ['a first page that is nowhere', (text) => text.replace('/Kids [', '/Kids [ 77 0 R')],
    ['a tree of 600 levels', (text) => deepened(text, 600)],
    ['a tree of 3000 levels', (text) => deepened(text, 3000)],
    ['2 KB before the header', (text) => 'Received: from a mail server\r\n'.repeat(70) + text],
    ['100 KB after the end', (text) => text + '\u00fe'.repeat(100_000)],
    ['no endobj', (text) => text.replaceAll('endobj', '')],
    ['lengths wrong', (text) => text.replace(/\/Length \d+/g, '/Length 3')],
  ])('%s', async (_name, tamper) => {
    const whole = await healthy()
    const given = tamper(whole)
    expect(given).not.toBe(whole)
    expect(await read(given)).toMatchObject({ pages: PAGES, inked: PAGES })
  })

  it('and says so where its list of pages was made anew', async () => {
    const whole = await healthy()
    expect((await read(whole)).codes).toEqual([])
    expect((await read(whole.replace(/\/Count \d+/, '/Count 1'))).codes).toEqual(['DOCUMENT_REPAIRED'])
    expect((await read(whole.replace('/Kids [', '/Kids [ 77 0 R'))).codes).toEqual(['DOCUMENT_REPAIRED', 'PAGES_LOST'])
  })

  it('but not pages of objects that an update left behind', async () => {
    const made = await healthy()
    const [, first] = /\/Kids \[ (\d+ 0 R) /.exec(made) ?? []
    const { pages } = await read(made.replace(`/Kids [ ${first}`, '/Kids [').replace('/Count 3', '/Count 2'))
    expect(pages).toBe(2)
  })
})
