import { ImageDocError } from '../errors/error.ts'
import type { Plugin } from '../plugin/plugin.ts'
import { createRegistry, type Registry } from '../plugin/registry.ts'
import type { PluginModule } from './protocol.ts'
import { reasonOf } from './step-error.ts'
import { type Unloadable, UnloadableError } from './unloadable.ts'

let isLoading = false

/** @throws PLUGIN_INVALID while a worker imports plugins: a module that runs pipelines as it is imported would start workers without end. */
export function assertNotLoading(): void {
  if (isLoading) throw new ImageDocError('PLUGIN_INVALID', 'It runs pipelines when it is imported.')
}

/**
 * Imports the plugins' modules and calls their factories, as the parent did.
 * @param loaded told of each module
 * @throws UnloadableError with every plugin that cannot be loaded; what createRegistry throws
 */
export async function loadPlugins(modules: readonly PluginModule[], loaded?: (module: object) => void): Promise<Registry> {
  const plugins: Plugin[] = []
  const unloadable: Unloadable[] = []
  isLoading = true
  for (const module of modules) {
    const plugin = await loadPlugin(module, loaded)
    if ('why' in plugin) unloadable.push(plugin)
    else plugins.push(plugin)
  }
  isLoading = false
  if (unloadable.length > 0) throw new UnloadableError(unloadable)
  return createRegistry(plugins)
}

async function loadPlugin({ plugin, module: url, options }: PluginModule, loaded?: (module: object) => void): Promise<Plugin | Unloadable> {
  let module: { default?: unknown }
  try {
    module = (await import(url)) as { default?: unknown }
  } catch (error) {
    return { plugin, why: `its module could not be imported: ${reasonOf(error)}` }
  }
  if (typeof module.default !== 'function') return { plugin, why: NO_FACTORY }
  loaded?.(module)
  try {
    const made = (module.default as (options: unknown) => Plugin)(options)
    return made.name === plugin ? made : { plugin, why: `the default export of its module makes "${made.name}"` }
  } catch (error) {
    return { plugin, why: `its factory does not work without the secret options: ${reasonOf(error)}` }
  }
}

export const NO_FACTORY = 'its module does not default-export its factory'
