import type { ServerSettings } from '../settings/settings.ts'

const DAY_MS = 86_400_000

export type TrashSettings = Pick<ServerSettings, 'trashDays'>

/** When the sweep purges what was put into the trash then; null for what is not in it. */
export function purgeTime(deletedAt: Date | null, { trashDays }: TrashSettings): Date | null {
  return deletedAt && new Date(deletedAt.getTime() + trashDays * DAY_MS)
}

/** What was put into the trash before this time is to be purged. */
export function overdueBefore(now: Date, { trashDays }: TrashSettings): Date {
  return new Date(now.getTime() - trashDays * DAY_MS)
}
