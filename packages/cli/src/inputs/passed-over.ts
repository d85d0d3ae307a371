import { printableName } from '../report/printable.ts'
import type { AcceptedKinds } from './accepted-files.ts'

/** What is said of files in folders that the pipeline cannot read. */
export function passedOverNotes(files: readonly string[], kinds: AcceptedKinds): string[] {
  const [first] = files
  if (first === undefined) return []
  const wanted = [...kinds()].join(' or ')
  const name = printableName(first)
  const which = files.length === 1 ? `${name} is no ${wanted}; it is` : `${name} and ${files.length - 1} more are no ${wanted}; they are`
  return [`warning   ${which} passed over.`]
}
