import { expect } from 'vitest'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import type { Collection } from '../../src/records/collection.ts'
import type { Document } from '../../src/records/document.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type RpcAnswer, type TestServer, type TestUser } from '../support/test-server.ts'
import { layoutOf, type PageOfVersion, publish } from './support.ts'

export interface Hit {
  readonly document: { readonly id: string; readonly title: string; readonly collection_id: string }
  readonly page: number | null
  readonly version: number
  readonly words: readonly { readonly text: string; readonly box: readonly number[] | null }[]
}

export interface OpenSearch extends AsyncDisposable {
  readonly services: TestServer['services']
  readonly app: TestServer['app']
  readonly ana: TestUser
  /** Hers. */
  readonly letters: Collection
  call(path: string, input: unknown, user?: TestUser): Promise<RpcAnswer>
  search(text: string, more?: { user?: TestUser; collection_id?: string; limit?: number }): Promise<readonly Hit[]>
  /** `page:words`, or `title:words`. */
  found(text: string): Promise<string[]>
  /** `document page` of every hit, page by page. */
  pagewise(text: string, limit: number): Promise<string[]>
  /** With a version of these pages, indexed. */
  documentWith(pages: readonly (string | PageOfVersion)[], row?: Partial<Document>): Promise<Document>
}

/** A server with a user and her collection, and how she searches. */
export async function openSearch(options: Parameters<typeof openTestServer>[0] = {}): Promise<OpenSearch> {
  const server = await openTestServer(options)
  const { services } = server
  const ana = await addUser(services)
  const letters = await addCollection(services, { user_id: ana.id })
  const call: OpenSearch['call'] = (path, input, user = ana) =>
    callRpc(server.app, { path, type: path === 'search' ? 'query' : 'mutation', input, token: user.token })
  const page = async (input: object, user?: TestUser) => {
    const { data, text } = await call('search', input, user)
    expect(data, text).toBeDefined()
    return data as { items: readonly Hit[]; next: string | null }
  }
  const search: OpenSearch['search'] = async (text, { user, ...more } = {}) => (await page({ text, ...more }, user)).items
  return {
    services,
    app: server.app,
    ana,
    letters,
    call,
    search,
    found: async (text) => (await search(text)).map((hit) => `${hit.page ?? 'title'}:${hit.words.map((word) => word.text).join(' ')}`),
    async pagewise(text, limit) {
      const hits: string[] = []
      let after: string | null = null
      do {
        const { items, next } = await page({ text, limit, ...(after === null ? {} : { after }) })
        expect(items.length).toBeLessThanOrEqual(limit)
        hits.push(...items.map((hit) => `${hit.document.id} ${hit.page}`))
        after = next
      } while (after !== null)
      return hits
    },
    async documentWith(pages, row = {}) {
      const document = await addDocument(services, { collection_id: letters._id, pages: pages.length, title: 'Untitled', ...row })
      await publish(
        services,
        document,
        pages.map((each) => (typeof each === 'string' ? { layout: layoutOf(each) } : each)),
      )
      await repairNewest(services, document.collection_id)
      await services.search.documentChanged(document._id)
      return document
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
