import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { Plugin } from '../plugin/plugin.ts'
import { createRegistry, type Registry } from '../plugin/registry.ts'
import type { PluginModule } from './protocol.ts'
import { reasonOf } from './step-error.ts'

/** What a worker needs of the plugins to make them again. */
export function pluginModules(registry: Registry): PluginModule[] {
  return registry.plugins.map(({ module, publicOptions }) => ({ module, options: publicOptions }))
}

/**
 * Imports the plugins' modules and calls their factories, as the parent did.
 * @param loaded told of each module
 * @throws PLUGIN_INVALID when one cannot be imported; what the factories throw.
 */
export async function loadPlugins(modules: readonly PluginModule[], loaded?: (module: object) => void): Promise<Registry> {
  const plugins: Plugin[] = []
  for (const { module, options } of modules) plugins.push(await loadPlugin(module, options, loaded))
  return createRegistry(plugins)
}

async function loadPlugin(url: string, options: unknown, loaded?: (module: object) => void): Promise<Plugin> {
  try {
    const module = (await import(url)) as { default?: (options?: unknown) => Plugin }
    loaded?.(module)
    if (typeof module.default === 'function') return module.default(options)
  } catch (error) {
    if (isImageDocError(error)) throw error
    throw new ImageDocError('PLUGIN_INVALID', `A plugin's module could not be loaded in a worker: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  throw new ImageDocError('PLUGIN_INVALID', 'The module of a plugin must default-export its factory; workers load plugins by it.')
}
