import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Plugin } from '../plugin/plugin.ts'
import type { Registry } from '../plugin/registry.ts'
import type { SegmentStep } from '../ports/step-runner.ts'
import { NO_FACTORY } from './load-plugins.ts'
import type { PluginModule } from './protocol.ts'
import { LOADABLE, type Unloadable, UnloadableError } from './unloadable.ts'

/** What workers need of the plugins to make them again. @throws UnloadableError when one is known to be none that they can load */
export function pluginModules(registry: Registry): PluginModule[] {
  const unloadable = registry.plugins.flatMap((plugin) => whyUnloadable(plugin) ?? [])
  if (unloadable.length > 0) throw new UnloadableError(unloadable)
  return modulesOf(registry.plugins)
}

/** The plugins that threads cannot load: some are known beforehand, of others the first thread says so. */
export interface UnloadablePlugins {
  /** Of the others. */
  modules(): PluginModule[]
  /** Why threads cannot run these steps; undefined when they can. */
  findFor(steps: readonly SegmentStep[]): Unloadable | undefined
  /** Notes what a thread could not load; false when the error is about something else. */
  learn(error: unknown): boolean
}

export function createUnloadablePlugins(registry: Registry): UnloadablePlugins {
  const known = new Map<string, Unloadable>()
  for (const plugin of registry.plugins) {
    const unloadable = whyUnloadable(plugin)
    if (unloadable) known.set(plugin.name, unloadable)
  }
  return {
    modules: () => modulesOf(registry.plugins.filter(({ name }) => !known.has(name))),
    findFor: (steps) =>
      registry.plugins
        .filter((plugin) => isNeeded(plugin, steps, registry))
        .map(({ name }) => known.get(name))
        .find((unloadable) => unloadable !== undefined),
    learn(error) {
      if (!(error instanceof UnloadableError)) return false
      for (const unloadable of error.plugins) known.set(unloadable.plugin, unloadable)
      return true
    },
  }
}

/** Other plugins' steps may need its kinds and codecs, too. */
function isNeeded(plugin: Plugin, steps: readonly SegmentStep[], registry: Registry): boolean {
  if (plugin.kinds.length > 0 || plugin.codecs.length > 0) return true
  return steps.some(({ use }) => registry.operations.get(use)?.plugin === plugin)
}

function modulesOf(plugins: readonly Plugin[]): PluginModule[] {
  return plugins.map(({ name, module = '', publicOptions }) => ({ plugin: name, module, options: publicOptions }))
}

/** What can be known without importing the module: to import a script in a thread would be to run it once more. */
function whyUnloadable({ name: plugin, module }: Plugin): Unloadable | undefined {
  if (module === undefined) return { plugin, why: 'it is defined without "module"' }
  return mayHaveDefaultExport(module) ? undefined : { plugin, why: NO_FACTORY }
}

/** False for a file whose text has neither the word `default` nor `exports`, as a module without a default export has not. */
function mayHaveDefaultExport(module: string): boolean {
  if (!module.startsWith('file:')) return true
  try {
    return /\b(default|exports)\b/.test(readFileSync(fileURLToPath(module), 'utf8'))
  } catch {
    // The import will say what is wrong with it.
    return true
  }
}

/** Tells the user that steps run where nothing can stop them. */
export function inProcessDiagnostic({ plugin, why }: Unloadable): Diagnostic {
  return {
    code: 'PLUGIN_IN_PROCESS',
    severity: 'warning',
    message: `Steps run in the main thread, where neither timeoutMs nor a cancel stops code that never yields: threads cannot load the plugin "${plugin}", because ${why}. ${LOADABLE}`,
    details: { plugin },
  }
}
