import { z } from 'zod'
import { defineArrangement } from '../../operation/operation.ts'
import { pagesOfAnyKind } from './sequence-port.ts'

export const join = defineArrangement({
  name: 'pages.join',
  version: 1,
  summary: 'Put the pages of two sequences one behind the other. A page that stands in both is there twice.',
  input: { pages: pagesOfAnyKind, more: pagesOfAnyKind },
  output: pagesOfAnyKind,
  params: z.strictObject({}),
  arrange: ({ pages }) => Object.entries(pages).flatMap(([of, given]) => given.map((_, index) => ({ of, index }))),
})
