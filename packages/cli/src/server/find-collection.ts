import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import type { Client } from './connect.ts'
import { isId } from './is-id.ts'

const PAGE = 100

export interface Wanted {
  /** Its id, or its title to the letter. */
  readonly named: string
  /** Make it when there is none of this title; undefined where the command makes none. */
  readonly create?: boolean
  readonly signal?: AbortSignal
}

/** A collection that the user means. */
export interface FoundCollection {
  readonly id: string
  /** This command has made it. */
  readonly isNew: boolean
}

/**
 * The collection that the user means.
 * @throws NOT_FOUND; USAGE when several have this title
 */
export async function findCollection(client: Client, { named, create, signal }: Wanted): Promise<FoundCollection> {
  if (await isCollection(client, named, signal)) return { id: named, isNew: false }
  const titles = await collectionsByTitle(client, signal)
  const [id, ...others] = titles.get(named) ?? []
  if (others.length > 0)
    throw new ImageDocError(
      'USAGE',
      `${others.length + 1} collections have the title "${named}": name one by its id, ${[id, ...others].join(' or ')}.`,
    )
  if (id !== undefined) return { id, isNew: false }
  if (create) return { id: (await client.collections.create({ title: named }, { signal })).id, isNew: true }
  throw new ImageDocError(
    'NOT_FOUND',
    `You see no collection with the id or title "${named}".${suggest(named, titles.keys())}${create === undefined ? '' : ' Write --create to make one of this title.'}`,
  )
}

async function isCollection(client: Client, id: string, signal?: AbortSignal): Promise<boolean> {
  if (!isId(id)) return false
  return client.collections.get({ id }, { signal }).then(
    ({ deleted_at }) => deleted_at === null,
    (error: unknown) => {
      if (isImageDocError(error) && error.code === 'NOT_FOUND') return false
      throw error
    },
  )
}

async function collectionsByTitle(client: Client, signal?: AbortSignal): Promise<Map<string, string[]>> {
  const ids = new Map<string, string[]>()
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<Client['collections']['list']>> = await client.collections.list(
      { limit: PAGE, ...(after === null ? {} : { after }) },
      { signal },
    )
    for (const { id, title } of page.items) ids.set(title, [...(ids.get(title) ?? []), id])
    after = page.next
  } while (after !== null)
  return ids
}
