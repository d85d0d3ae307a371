import { isImageDocError } from '@imagedoc/core'
import { acceptsFor } from '../inputs/accepted-files.ts'
import { findInputs } from '../inputs/find-inputs.ts'
import type { PassedOver } from '../inputs/passed-over.ts'

/** A file that an argument leads to, or an argument that leads to none. */
export type UploadItem = { readonly input: string } & ({ readonly path: string } | { readonly failure: unknown })

export interface FilesToUpload {
  readonly items: readonly UploadItem[]
  /** What lies in the folders and is not taken. */
  readonly passedOver: readonly PassedOver[]
}

/** What a server makes documents of. */
const kinds: ReadonlySet<string> = new Set(['image', 'pdf'])

/**
 * The files of the arguments, each once: files as they are, so that the server says what it thinks of them, and from folders what can become a document.
 * One argument that leads nowhere does not keep the others from being uploaded.
 */
export async function filesToUpload(args: readonly string[]): Promise<FilesToUpload> {
  const items = new Map<string, UploadItem>()
  const passedOver: PassedOver[] = []
  for (const argument of args) {
    try {
      const found = await findInputs([argument], { accepts: acceptsFor(() => kinds) })
      passedOver.push(...found.passedOver)
      for (const { path, shown } of found.files) if (!items.has(path)) items.set(path, { input: shown, path })
    } catch (failure) {
      if (!isImageDocError(failure)) throw failure
      items.set(argument, { input: argument, failure })
    }
  }
  return { items: [...items.values()], passedOver }
}
