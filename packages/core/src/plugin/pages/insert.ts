import { z } from 'zod'
import { parsePageSelection } from '../../artifact/page-selection.ts'
import { ImageDocError } from '../../errors/error.ts'
import { defineArrangement } from '../../operation/operation.ts'
import { selectedPages, selection } from './selected-pages.ts'
import { pagesOfAnyKind } from './sequence-port.ts'

export const insert = defineArrangement({
  name: 'pages.insert',
  version: 1,
  summary: 'Put pages before or behind one page of others.',
  input: { pages: pagesOfAnyKind, inserted: pagesOfAnyKind },
  output: pagesOfAnyKind,
  params: z.strictObject({
    at: selection.describe('The page to put them at: its number, `-1` for the last one, or its name.'),
    side: z.enum(['before', 'after']).default('before').describe('On which side of that page.'),
  }),
  example: { at: '1' },
  arrange({ pages: { pages = [], inserted = [] }, params: { at, side } }) {
    const [found, second] = selectedPages(parsePageSelection(at), pages)
    if (found === undefined || second !== undefined) {
      const what = found === undefined ? 'none' : 'more than one'
      throw new ImageDocError('NOT_FOUND', `"${at}" names ${what} of the ${pages.length} pages; name the page to insert at.`, {
        path: 'at',
      })
    }
    const place = side === 'before' ? found : found + 1
    const all = pages.map((_, index) => ({ of: 'pages', index }))
    return [...all.slice(0, place), ...inserted.map((_, index) => ({ of: 'inserted', index })), ...all.slice(place)]
  },
})
