import { ImageDocError, type RowPage } from '@imagedoc/core'
import { startAccessEpoch } from '../access/access-epoch.ts'
import type { Caller } from '../access/caller.ts'
import { changeIfUnchanged, changeRow } from '../records/change-row.ts'
import type { Collection, Member, MemberRole } from '../records/collection.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Services } from '../services.ts'

const MEMBERS = 200

type Needs = Pick<Services, 'access' | 'audit' | 'instanceKey' | 'now' | 'queryCache' | 'tables'>

/** What can be done with collections; every method asks who may. */
export interface CollectionService {
  create(caller: Caller, input: { title: string; description: string; idempotencyKey?: string | undefined }): Promise<Collection>
  /** The newest first: all that she may see, or what of her own is in the trash. */
  list(caller: Caller, query: { trash: boolean; after?: string | undefined; limit: number }): Promise<RowPage<Collection>>
  update(
    caller: Caller,
    input: { id: string; revision: number; title?: string | undefined; description?: string | undefined },
  ): Promise<Collection>
  setTrashed(caller: Caller, input: { id: string; revision?: number | undefined; trashed: boolean }): Promise<Collection>
  members(caller: Caller, id: string): Promise<{ user_id: string; role: MemberRole; username: string }[]>
  setMember(caller: Caller, input: { id: string; username: string; role: MemberRole }): Promise<Collection>
  removeMember(caller: Caller, input: { id: string; user_id: string }): Promise<boolean>
  /** What a kept list of this user's collections is made from. */
  listTag(userId: string): string
}

export function createCollectionService(services: Needs): CollectionService {
  const { access, audit, instanceKey, now, queryCache, tables } = services
  const listTag = (userId: string): string => `collections-of:${userId}`
  const written = (row: Collection, also: readonly string[] = []): Promise<void> =>
    queryCache.invalidate([...row.readers, ...also].map(listTag))
  const record = (caller: Caller, action: string, id: string): Promise<void> =>
    audit.record({ userId: caller.userId, action: `collections.${action}`, subject: { type: 'collection', id } })
  /** After it: kept lists of everybody who may or might see it are gone, and the deed is on record. */
  const seenByOthers = async (caller: Caller, action: string, row: Collection, also: readonly string[] = []): Promise<void> => {
    await startAccessEpoch(tables, [...row.readers, ...also])
    await written(row, also)
    await record(caller, action, row._id)
  }

  return {
    listTag,
    async create(caller, { title, description, idempotencyKey }) {
      const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'collection', idempotencyKey])
      const row: Collection = {
        _id,
        revision: 0,
        created_at: now(),
        user_id: caller.userId,
        title,
        description,
        documents: [],
        members: [],
        readers: [caller.userId],
        deleted_at: null,
      }
      const same = (there: Collection): boolean => there.revision > 0 || (there.title === title && there.description === description)
      const inserted = await insertOnce(tables.collections, row, same)
      if (inserted.isNew) {
        await written(row)
        await record(caller, 'create', _id)
      }
      return inserted.row
    },

    list: ({ userId }, { trash, after, limit }) => {
      const page = { order: 'descending', limit, ...(after === undefined ? {} : { after }) } as const
      return trash
        ? tables.collections.list({ index: 'by_owner', equals: [userId], range: { from: new Date(0) }, ...page })
        : tables.collections.list({ index: 'by_reader', equals: [userId, null], ...page })
    },

    async update(caller, { id, revision, title, description }) {
      const row = await access.collection(caller, id, { role: 'editor' })
      const change = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) }
      const stored = await changeIfUnchanged(tables.collections, row, { revision, change })
      await written(stored)
      await record(caller, 'update', id)
      return stored
    },

    async setTrashed(caller, { id, revision, trashed }) {
      const row = await access.collection(caller, id, { role: 'owner', trashed: true })
      if ((row.deleted_at !== null) === trashed) return row
      const change = { deleted_at: trashed ? now() : null }
      const stored = await changeIfUnchanged(tables.collections, row, { revision: revision ?? row.revision, change })
      await seenByOthers(caller, trashed ? 'delete' : 'restore', stored)
      return stored
    },

    async members(caller, id) {
      const { members } = await access.collection(caller, id, { role: 'viewer' })
      const users = await Promise.all(members.map(({ user_id }) => tables.users.get(user_id)))
      return members.map((entry, index) => ({ ...entry, username: users[index]?.username ?? '' }))
    },

    async setMember(caller, { id, username, role }) {
      await access.collection(caller, id, { role: 'owner' })
      const userId = await userNamed(tables, username)
      if (userId === caller.userId)
        throw new ImageDocError('INVALID_REQUEST', 'You own this collection already: it needs no membership.', { path: 'username' })
      const stored = await changeMembers(tables, id, (members) => [
        ...members.filter(({ user_id }) => user_id !== userId),
        { user_id: userId, role },
      ])
      await seenByOthers(caller, 'members.set', stored)
      return stored
    },

    async removeMember(caller, { id, user_id }) {
      const { members } = await access.collection(caller, id, { role: user_id === caller.userId ? 'viewer' : 'owner' })
      if (!members.some((entry) => entry.user_id === user_id)) return false
      const stored = await changeMembers(tables, id, (entries) => entries.filter((entry) => entry.user_id !== user_id))
      await seenByOthers(caller, 'members.remove', stored, [user_id])
      return true
    },
  }
}

async function userNamed({ users }: Needs['tables'], username: string): Promise<string> {
  const { rows } = await users.list({ index: 'by_username', equals: [username.toLowerCase()], limit: 1 })
  const [user] = rows
  if (user?.active) return user._id
  throw new ImageDocError('NOT_FOUND', 'There is no active user of this name.', { path: 'username' })
}

async function changeMembers(
  { collections }: Needs['tables'],
  id: string,
  change: (members: readonly Member[]) => readonly Member[],
): Promise<Collection> {
  const stored = await changeRow(collections, id, (row) => {
    const members = change(row.members)
    if (members.length > MEMBERS)
      throw new ImageDocError('INVALID_REQUEST', `A collection has at most ${MEMBERS} members.`, { path: 'username' })
    return { members, readers: [row.user_id, ...members.map(({ user_id }) => user_id)] }
  })
  if (stored) return stored
  throw new ImageDocError('NOT_FOUND', 'It was deleted meanwhile.', { path: 'id' })
}
