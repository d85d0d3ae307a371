import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImageDocError, isImageDocError, type Plugin } from '@imagedoc/core'

const names = ['imagedoc.config.ts', 'imagedoc.config.mts', 'imagedoc.config.js', 'imagedoc.config.mjs']

/** The configuration in this folder or in the nearest one above it. */
export function findConfigFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = names.map((name) => join(at, name)).find(existsSync)
    if (found !== undefined) return found
    if (dirname(at) === at) return undefined
  }
}

/**
 * The plugins that a configuration lists. It is code, and only ever the user's own: nothing in a pipeline or an input leads to one.
 * @throws INVALID_CONFIG when it cannot be loaded or is not what `defineConfig` gives
 */
export async function loadConfigFile(path: string): Promise<readonly Plugin[]> {
  if (!existsSync(path)) throw new ImageDocError('INVALID_CONFIG', `There is no configuration at ${path}.`)
  const module = await import(pathToFileURL(path).href).catch((error: unknown) => {
    if (isImageDocError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ImageDocError('INVALID_CONFIG', `The configuration ${path} could not be loaded: ${reason}`, { cause: error })
  })
  const plugins: unknown = (module as { default?: { plugins?: unknown } }).default?.plugins
  if (Array.isArray(plugins)) return plugins
  throw new ImageDocError(
    'INVALID_CONFIG',
    `The configuration ${path} must end with: export default defineConfig({ plugins: [image(), pdf()] }).`,
  )
}
