import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { PdfFile } from '../../src/pdfium/pdf-file.ts'
import { skeletonOf } from '../../src/pdfium/skeleton.ts'
import { survey } from '../../src/pdfium/survey.ts'

function fileOf(bytes: Uint8Array): PdfFile {
  return { size: bytes.length, read: (position, into) => into.set(bytes.subarray(position, position + into.length)), close() {} }
}

let state = 1
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state
}
/** Of printable and other bytes, so that no word is in it by chance. */
const noise = (size: number): Buffer => Buffer.from(Uint8Array.from({ length: size }, () => 128 + (random() >>> 25)))

/** Objects with a stream each, some of them larger than what is read at a time. */
function documentWith(objects: readonly { head: string; body?: Buffer; open?: boolean }[]): Buffer {
  const parts = objects.map(({ head, body, open }, index) => {
    const stream = body ? [Buffer.from('\nstream\n'), body, Buffer.from(open ? '' : '\nendstream')] : []
    return Buffer.concat([Buffer.from(`${index + 1} 0 obj\n${head}`), ...stream, Buffer.from(open ? '\n' : '\nendobj\n')])
  })
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), ...parts, Buffer.from('trailer << /Root 1 0 R >>\n%%EOF\n')])
}

const page = '<< /Type /Page /UserUnit 2.5 /Contents 3 0 R >>'
const packed = '10 0 11 40 << /Type /Page /UserUnit 3 >>            << /Type /Page /TR /Identity >>'
const objectStream = { head: `<< /Type /ObjStm /N 2 /First 11 /Filter /FlateDecode >>`, body: deflateSync(Buffer.from(packed)) }

it.each([
  ['pictures', [{ head: page }, { head: '<< /Width 9 >>', body: noise(3_000_000) }, { head: page }]],
  ['pages in an object stream', [{ head: '<< /Length 9 >>', body: noise(1_500_000) }, objectStream, { head: page }]],
  ['a transfer function', [{ head: '<< /Type /ExtGState /TR 4 0 R >>' }, { head: '<< >>', body: noise(100) }]],
  ['a stream that is not closed', [{ head: page }, { head: '<< >>', body: noise(2_000_000), open: true }]],
  // Words that lie across the border of two pieces.
  ...[0, 1, 3, 5, 8, 9].map((shift) => [
    `a border ${shift}`,
    [{ head: '<< >>', body: noise(1024 * 1024 - 40 + shift) }, { head: page }, { head: '<< >>', body: noise(900) }, { head: page }],
  ]),
] as [string, Parameters<typeof documentWith>[0]][])('the survey of a skeleton is that of the whole: %s', (_, objects) => {
  const bytes = documentWith(objects)
  const skeleton = skeletonOf(fileOf(bytes))
  expect(survey(skeleton)).toEqual(survey(bytes))
  expect(skeleton.length).toBeLessThan(3000)
})

it('keeps what is no stream as it is', () => {
  const bytes = documentWith([{ head: page }, { head: page }])
  expect(Buffer.from(skeletonOf(fileOf(bytes))).equals(bytes)).toBe(true)
})
