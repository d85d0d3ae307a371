import { z } from 'zod'
import type { SearchHit } from '../search/search.ts'
import type { Services } from '../services.ts'
import { id, pageOf } from './schema.ts'
import type { Procedures } from './trpc.ts'

const TEXT = 500
const CURSOR = 2000
const HITS = 100

const box = z.tuple([z.number(), z.number(), z.number(), z.number()])
const hitDto = z.object({
  document: z.object({ id, title: z.string(), collection_id: id }),
  /** From 1, as in `/documents/<id>/pages/<n>`; null for the title and metadata. */
  page: z.number().nullable(),
  /** Whose text it is: the newest version with text, up to the current one; of title and metadata the current one. */
  version: z.number(),
  /** Where they stand on the page of the original: pixels of an image, points of a PDF. */
  words: z.array(z.object({ text: z.string(), box: box.nullable() })),
})
type HitDto = z.infer<typeof hitDto>

/** Finds pages by their words, the last of which may be unfinished. */
export function createSearchProcedure({ signedIn }: Procedures, { queues, search }: Pick<Services, 'queues' | 'search'>) {
  return signedIn
    .input(
      z.strictObject({
        text: z.string().max(TEXT),
        collection_id: id.optional(),
        after: z.string().max(CURSOR).optional(),
        limit: z.int().min(1).max(HITS).default(20),
      }),
    )
    .output(pageOf(hitDto))
    .query(async ({ ctx: { caller }, input }) => {
      const find = (signal: AbortSignal) => search.search(caller, input, signal)
      const { hits, next } = await queues.searches.run(caller.userId, find, { signal: caller.signal })
      return { items: hits.map(hitOf), next }
    })
}

function hitOf({ document: { _id, title, collection_id }, page, version, words }: SearchHit): HitDto {
  return {
    document: { id: _id, title, collection_id },
    page,
    version,
    words: words.map(({ text, box }) => ({ text, box: box && [...box] })),
  }
}
