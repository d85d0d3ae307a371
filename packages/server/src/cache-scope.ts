import type { RunOptions } from '@imagedoc/core'
import type { Run } from './records/run.ts'
import type { Services } from './services.ts'

type Scope = Pick<RunOptions, 'cacheScope'>

/** Among whom results are shared that are made of an owner's documents: members of one collection work on the same pages, so its owner counts. */
export function cacheScopeOf({ settings }: Pick<Services, 'settings'>, { user_id }: { readonly user_id: string }): Scope {
  return settings.cacheScope === 'owner' ? { cacheScope: user_id } : {}
}

/** The same of a run, wherever its pages are computed. One whose collection has gone finds nothing, and nobody finds what it makes. */
export async function cacheScopeOfRun(
  services: Pick<Services, 'settings' | 'tables'>,
  { _id, collection_id }: Pick<Run, '_id' | 'collection_id'>,
): Promise<Scope> {
  if (services.settings.cacheScope === 'shared') return {}
  const collection = await services.tables.collections.get(collection_id)
  return cacheScopeOf(services, { user_id: collection?.user_id ?? _id })
}
