import { expect, it } from 'vitest'
import { decodeRecord, encodeRecord, headerBytesOf, peekRecord } from '../../src/drivers/record-codec.ts'
import { keyOf, recordOf } from './sample-record.ts'

const bytes = encodeRecord(recordOf(200), { key: keyOf('a'), expiresAt: 5 })

it('gives a record and its expiry back, and only under its own key', () => {
  expect(decodeRecord(bytes, keyOf('a'))).toEqual({ record: recordOf(200), expiresAt: 5 })
  expect(decodeRecord(bytes, keyOf('b'))).toBeUndefined()
})

it('takes a record that was cut off, anywhere, for none', () => {
  for (let length = 0; length < bytes.length; length++) expect(decodeRecord(bytes.subarray(0, length), keyOf('a'))).toBeUndefined()
})

it('takes a record with one changed bit, anywhere, for none', () => {
  for (let at = 0; at < bytes.length * 8; at++) {
    const changed = Buffer.from(bytes)
    changed[at >> 3]! ^= 1 << (at & 7)
    expect(decodeRecord(changed, keyOf('a'))).toBeUndefined()
  }
})

it('takes a record of a later version for none', () => {
  const later = { ...recordOf(10), schemaVersion: 1 as unknown as 2 }
  expect(decodeRecord(encodeRecord(later, { key: keyOf('a') }), keyOf('a'))).toBeUndefined()
})

it('shows what a purge needs from the first bytes alone', () => {
  const blob = { mediaType: 'image/png', digest: `sha256:${keyOf('blob')}` as const, size: 9 }
  const encoded = encodeRecord(recordOf(blob, [`sha256:${keyOf('book')}`]), { key: keyOf('a') })
  expect(peekRecord(encoded.subarray(0, headerBytesOf(encoded)))).toEqual({ source: `sha256:${keyOf('book')}`, references: [blob] })
  expect(peekRecord(Buffer.from('something else entirely'))).toBeUndefined()
  expect(headerBytesOf(Buffer.from('short'))).toBeUndefined()
})
