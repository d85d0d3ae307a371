import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { changeRow } from '../records/change-row.ts'
import type { Collection, Member, MemberRole } from '../records/collection.ts'
import type { Id } from '../records/id.ts'
import { type Needs, writtenForOthers } from './written.ts'

const MEMBERS = 200

export interface NamedMember {
  readonly user_id: Id
  readonly role: MemberRole
  readonly username: string
}

/** Everybody who is a member may know the others. */
export async function listMembers(services: Needs, caller: Caller, id: string): Promise<NamedMember[]> {
  const { members } = await services.access.collection(caller, id, { role: 'viewer' })
  const users = await Promise.all(members.map(({ user_id }) => services.tables.users.get(user_id)))
  return members.map((entry, index) => ({ ...entry, username: users[index]?.username ?? '' }))
}

/** Adds a member, or changes her role. @throws NOT_FOUND when no active user has this name */
export async function setMember(
  services: Needs,
  caller: Caller,
  { id, username, role }: { id: string; username: string; role: MemberRole },
): Promise<Collection> {
  await services.access.collection(caller, id, { role: 'owner' })
  const userId = await userNamed(services.tables, username)
  if (userId === caller.userId)
    throw new ImageDocError('INVALID_REQUEST', 'You own this collection already: it needs no membership.', { path: 'username' })
  const row = await changeMembers(services.tables, id, (members) => [
    ...members.filter(({ user_id }) => user_id !== userId),
    { user_id: userId, role },
  ])
  return writtenForOthers(services, caller, { action: 'members.set', row })
}

/** The owner removes anybody, a member herself. False when there is no such member. */
export async function removeMember(services: Needs, caller: Caller, { id, user_id }: { id: string; user_id: string }): Promise<boolean> {
  const { members } = await services.access.collection(caller, id, { role: user_id === caller.userId ? 'viewer' : 'owner' })
  if (!members.some((entry) => entry.user_id === user_id)) return false
  const row = await changeMembers(services.tables, id, (entries) => entries.filter((entry) => entry.user_id !== user_id))
  await writtenForOthers(services, caller, { action: 'members.remove', row, formerReaders: [user_id] })
  return true
}

async function userNamed({ users }: Needs['tables'], username: string): Promise<Id> {
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
