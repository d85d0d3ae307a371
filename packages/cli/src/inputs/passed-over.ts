import { printableName } from '../report/printable.ts'

/** A file or folder that is not taken although it lies where inputs are looked for. */
export interface PassedOver {
  /** As the user would write it; of a name that is no UTF-8 the bytes in question as `\xe9`. */
  readonly shown: string
  /** Behind the name, for example `is empty`. */
  readonly why: string
}

/** Of one reason: the others are counted. */
const MOST_NAMES = 10

/** What is said of what was passed over, one line a reason. */
export function passedOverNotes(passedOver: readonly PassedOver[]): string[] {
  const byReason = new Map<string, string[]>()
  for (const { shown, why } of passedOver) byReason.set(why, [...(byReason.get(why) ?? []), printableName(shown)])
  return [...byReason].map(([why, names]) => `warning   ${noteOf(printableName(why), names)}`)
}

function noteOf(why: string, names: readonly string[]): string {
  if (names.length === 1) return `${names[0]} ${why}; it is passed over.`
  return `${names.length} are passed over, each of which ${why}: ${listed(names)}.`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ')
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown
}
