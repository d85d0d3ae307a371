import type { Json } from '@imagedoc/core'

/** Answers of list queries, kept for 30 s at most. Who may see them is decided before it is asked. */
export interface QueryCache extends AsyncDisposable {
  /**
   * The answer that is kept, or what `compute` gives.
   * @param query `tags` name what it was made from, `key` says which query it is
   */
  read<Answer extends Json>(query: { tags: readonly string[]; key: Json }, compute: () => Promise<Answer>): Promise<Answer>
  /** To be called after a write and before it is answered: no later read gets an answer made from what was there before. */
  invalidate(tags: readonly string[]): Promise<void>
}

/** Embedded: an index query is as cheap as a cache would be, so nothing is kept. */
export const noQueryCache: QueryCache = {
  read: (_, compute) => compute(),
  invalidate: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
}
