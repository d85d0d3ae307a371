import { type BlobStore, mapBox } from '@imagedoc/core'
import { foldDocument } from './document-text.ts'
import { foldLayout, type PlacedToken } from './fold-layout.ts'
import type { FoundPage } from './found-page.ts'
import type { HitWord } from './hit-word.ts'
import { isAskedFor, type QueryWords } from './query-words.ts'
import { rereadLayout } from './read-layout.ts'

const MOST = 100

/** The first hundred words of a hit, in reading order. */
export async function hitWords(
  blobs: BlobStore,
  { document, page }: Pick<FoundPage, 'document' | 'page'>,
  query: QueryWords,
): Promise<HitWord[]> {
  if (!page)
    return askedFor(foldDocument(document), query)
      .slice(0, MOST)
      .map(({ text }) => ({ text, box: null }))
  const words: HitWord[] = []
  for (const { digest, matrix } of page.layouts) {
    const layout = await rereadLayout(blobs, digest)
    const found = layout ? askedFor(foldLayout(layout), query).slice(0, MOST) : []
    words.push(...found.map(({ text, box }) => ({ text, box: matrix && mapBox(matrix, box) })))
  }
  return words.slice(0, MOST)
}

function askedFor<Word>(placed: readonly PlacedToken<Word>[], query: QueryWords): Word[] {
  return [...new Set(placed.filter(({ token }) => isAskedFor(query, token)).flatMap(({ words }) => words))]
}
