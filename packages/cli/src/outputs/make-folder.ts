import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, one at a time. `mkdir` with `recursive` never comes back where the system answers ENOENT to every try, as it
 * does below /proc (Node 24).
 */
export async function makeFolder(path: string): Promise<void> {
  const known = await stat(path).catch(() => undefined)
  if (known?.isDirectory()) return
  if (dirname(path) !== path) await makeFolder(dirname(path))
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    // Somebody else may have made it meanwhile.
    const made = error.code === 'EEXIST' ? await stat(path).catch(() => undefined) : undefined
    if (!made?.isDirectory()) throw Object.assign(error, error.code === 'EEXIST' ? { code: 'ENOTDIR' } : {})
  })
}
