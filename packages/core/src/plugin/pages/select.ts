import { z } from 'zod'
import { formatPageSelection, parsePageSelection } from '../../artifact/page-selection.ts'
import { ImageDocError } from '../../errors/error.ts'
import { defineArrangement } from '../../operation/operation.ts'
import { selectedPages, selection } from './selected-pages.ts'
import { pagesOfAnyKind } from './sequence-port.ts'

export const select = defineArrangement({
  name: 'pages.select',
  version: 1,
  summary: 'Go on with some of the pages, in their order.',
  input: pagesOfAnyKind,
  output: pagesOfAnyKind,
  params: z.strictObject({
    pages: selection.describe('Which pages: `1,3-5`, `odd`, `even`, `-1` for the last one, or names such as `7f83b1657ff1/3a`.'),
  }),
  example: { pages: '1,3-5' },
  arrange({ pages: { input = [] }, params }) {
    const chosen = parsePageSelection(params.pages).terms.flatMap((term) => {
      const found = selectedPages({ terms: [term] }, input)
      if (found.length > 0) return found
      const what = formatPageSelection({ terms: [term] })
      throw new ImageDocError('NOT_FOUND', `"${what}" names none of the ${input.length} pages.`, { path: 'pages' })
    })
    return [...new Set(chosen)].sort((a, b) => a - b).map((index) => ({ of: 'input', index }))
  },
})
