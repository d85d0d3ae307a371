import { digestOf, formatPageId } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { pageOfLayout } from '../../src/search/page-of-layout.ts'

const digest = digestOf('the original')
const document = { original: { mediaType: 'application/pdf', digest, size: 1 }, pages: 3 }

it.each([
  { of: 'a page of the original', name: formatPageId({ source: digest, page: 2, part: [], copy: 0 }), page: 2, part: [] },
  { of: 'a part of a part', name: formatPageId({ source: digest, page: 0, part: [1, 0], copy: 0 }), page: 0, part: [1, 0] },
  {
    of: 'a page that the original does not have',
    name: formatPageId({ source: digest, page: 3, part: [], copy: 0 }),
    page: null,
    part: [],
  },
  { of: 'a page of another file', name: formatPageId({ source: digestOf('another'), page: 0, part: [], copy: 0 }), page: null, part: [] },
  { of: 'what was made of several files', name: '1', page: null, part: [] },
  { of: 'a page that an earlier server named', name: 'input/0/2/1', page: 2, part: [1] },
  { of: 'a page of another input that an earlier server named', name: 'other/0/0/0', page: null, part: [0] },
  { of: 'a page of another file that an earlier server named', name: 'input/1/0/0', page: null, part: [0] },
])('finds $of', ({ name, page, part }) => {
  expect(pageOfLayout(name, document)).toEqual({ page, part })
})
