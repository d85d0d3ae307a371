/**
 * `deleted_at` of a document or collection whose purge has begun: nobody finds or restores it any more, and a purge that was interrupted is finished
 * by the sweep, for which it is the longest overdue. A date, so that the index of the trash leads to it.
 */
export const PURGING = new Date(0)

/** The trash as its owner sees it: all of a list's `deleted_at` behind `PURGING`. */
export const inTrash = { from: new Date(1) }

export function isPurging({ deleted_at }: { readonly deleted_at: Date | null }): boolean {
  return deleted_at?.getTime() === PURGING.getTime()
}
