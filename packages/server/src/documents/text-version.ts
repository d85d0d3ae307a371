import type { Document, Version } from '../records/document.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'

type Needs = { readonly tables: Pick<Services['tables'], 'versions'> }

/** Layouts of servers that did not look into them count as text, as they did there. */
export function hasText({ has_text, layouts }: Pick<Version, 'has_text' | 'layouts'>): boolean {
  return has_text ?? layouts.length > 0
}

/**
 * Whose text a document is searched and read by: the newest version, up to the one that is shown, in which there are words. A run that reads nothing
 * takes no text away; whoever goes back to an older version, or to the original, goes back to what was read until then. Null where nothing was.
 */
export async function textVersionOf(needs: Needs, document: Pick<Document, '_id' | 'current_version' | 'text'>): Promise<number | null> {
  const { _id, current_version, text } = document
  if (text?.shown === current_version) return text.version
  return (await findTextVersion(needs, { document_id: _id, upTo: current_version }))?.number ?? null
}

/** The newest version with words among those up to this number. */
export async function findTextVersion(
  { tables }: Needs,
  { document_id, upTo }: { document_id: Id; upTo: number },
): Promise<Version | undefined> {
  for (let below = upTo + 1; below > 1; ) {
    const range = { below }
    const { rows } = await tables.versions.list({ index: 'by_document', equals: [document_id], range, order: 'descending', limit: 1 })
    const [version] = rows
    if (!version || hasText(version)) return version
    below = version.number
  }
  return undefined
}

/** What a document's row says of its text when this version is shown. */
export async function textWhen(needs: Needs, document_id: Id, shown: number): Promise<NonNullable<Document['text']>> {
  return { shown, version: (await findTextVersion(needs, { document_id, upTo: shown }))?.number ?? null }
}
