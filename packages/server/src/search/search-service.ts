import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'
import { decodePosition, encodePosition, markOf } from './cursor.ts'
import { findPages } from './find-pages.ts'
import type { FoundPage } from './found-page.ts'
import type { HitWord } from './hit-word.ts'
import { hitWords } from './hit-words.ts'
import { indexDocument, isIndexed } from './index-document.ts'
import { type QueryWords, queryWords } from './query-words.ts'
import type { Search, SearchHit } from './search.ts'

/** Others may index a document after this long without a sign of life of who began. */
const LEASE_MS = 30_000
/** A writer waits so long for the index; a long document's is then made while she goes on. */
const PATIENCE_MS = 1000
const HITS_AT_A_TIME = 4

type Needs = Pick<Services, 'access' | 'blobs' | 'lock' | 'log' | 'now' | 'tables'>

export function createSearch(services: Needs): Search {
  const stop = new AbortController()
  const running = new Map<Id, Promise<void>>()
  const index = async (id: Id): Promise<void> => {
    try {
      await catchUp(services, id, stop.signal)
    } catch (error) {
      if (!stop.signal.aborted) services.log.error({ document: id, stack: error instanceof Error ? error.stack : undefined }, 'not indexed')
    }
  }
  return {
    async documentChanged(id) {
      const work = (running.get(id) ?? Promise.resolve()).then(() => index(id))
      running.set(id, work)
      const ended = work.finally(() => {
        if (running.get(id) === work) running.delete(id)
      })
      await orLater(ended)
    },
    async search(caller, { text, collection_id: collectionId, after, limit }, signal) {
      const query = queryWords(text)
      const mark = markOf(query, collectionId)
      const from = after === undefined ? undefined : decodePosition(mark, after)
      const { found, next } = await findPages(services, caller, { query, collectionId, from, limit, signal })
      const hits = await hitsOf(services, found, query)
      return { hits, next: next && encodePosition(mark, next) }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running.values())
    },
  }
}

function hitOf({ document, page, version }: FoundPage, words: readonly HitWord[]): SearchHit {
  return { document, page: page?.page == null ? null : page.page + 1, version, words }
}

/** A full page of text takes some 5 ms to be read for its boxes: others have their turn after a few. */
async function hitsOf({ blobs }: Pick<Needs, 'blobs'>, found: readonly FoundPage[], query: QueryWords): Promise<SearchHit[]> {
  const hits: SearchHit[] = []
  for (let at = 0; at < found.length; at += HITS_AT_A_TIME) {
    const few = found.slice(at, at + HITS_AT_A_TIME)
    hits.push(...(await Promise.all(few.map(async (hit) => hitOf(hit, await hitWords(blobs, hit, query))))))
    await turn()
  }
  return hits
}

/** Until nothing is left to do. Who does not get the lock may go: who has it looks again after she has given it back. */
async function catchUp(services: Needs, id: Id, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isIndexed(services, id))) {
    await using lease = await services.lock.acquire(`search:${id}`, { ttlMs: LEASE_MS })
    if (!lease) return
    await indexDocument(services, id, AbortSignal.any([signal, lease.signal]))
  }
}

async function orLater(work: Promise<void>): Promise<void> {
  const patience = new AbortController()
  const enough = wait(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).catch(() => undefined)
  await Promise.race([work, enough])
  patience.abort()
}
