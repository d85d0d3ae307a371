import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Id } from '../records/id.ts'
import type { ServerSettings } from '../settings/settings.ts'

type Where = Pick<ServerSettings, 'dataFolder'>

/** Where the bytes of unfinished uploads are: `<id>`, and what the protocol needs to know of them as `<id>.json`. */
export function uploadFolder({ dataFolder }: Where): string {
  return join(dataFolder, 'uploads')
}

/** The file of an upload. Its id comes from the table, never from a request. */
export function uploadFile(settings: Where, id: Id): string {
  return join(uploadFolder(settings), id)
}

/** What is not there is no error. */
export async function deleteUploadFiles(settings: Where, id: Id): Promise<void> {
  const file = uploadFile(settings, id)
  await Promise.all([rm(file, { force: true }), rm(`${file}.json`, { force: true })])
}
