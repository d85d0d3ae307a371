import { resolve } from 'node:path'
import { type AnyOperation, createImageDoc, type ImageDoc, type Plugin } from '@imagedoc/core'
import { findConfigFile, loadConfigFile } from './config-file.ts'
import { loadDefaultPlugins } from './default-plugins.ts'
import { openDrivers } from './drivers.ts'
import { type Environment, readEnvironment } from './environment.ts'

/** The options that several commands share. */
export interface OpenOptions {
  /** Configuration file; looked up when not given. */
  readonly config?: string | undefined
  /** Folder of the result cache, instead of the environment's. */
  readonly cache?: string | undefined
  /** No result cache at all: for commands that do not run anything, and for `--no-cache`. */
  readonly withoutCache?: boolean | undefined
  readonly isolate?: boolean | undefined
  /** The operations of the pipeline, when it is all that is asked for. */
  readonly uses?: readonly string[] | undefined
}

/** The environment with the command line's cache folder. */
export function environmentFor({ cache }: Pick<OpenOptions, 'cache'>): Environment {
  const environment = readEnvironment()
  return { ...environment, cacheDir: resolve(cache ?? environment.cacheDir) }
}

/** The plugins that the configuration chooses, or the default ones. */
export async function loadPlugins({ config, uses }: OpenOptions, environment: Environment): Promise<readonly Plugin[]> {
  const file = config === undefined ? findConfigFile(process.cwd()) : resolve(config)
  return file === undefined ? loadDefaultPlugins(environment, uses) : loadConfigFile(file)
}

/** An ImageDoc as the configuration, the environment and the command line want it. To be disposed. */
export async function openImageDoc(options: OpenOptions): Promise<ImageDoc<AnyOperation>> {
  const environment = environmentFor(options)
  const plugins = await loadPlugins(options, environment)
  for (const plugin of plugins) await hardenProcess(plugin)
  const drivers = options.withoutCache ? undefined : await openDrivers(environment)
  return createImageDoc({
    plugins,
    limits: environment.limits,
    isolation: options.isolate ? 'children' : 'in-process',
    ...(drivers === undefined ? {} : { cache: drivers.cache, blobs: drivers.blobs }),
  })
}

/** Settings that are global to a process are never made by an import: a plugin's module offers them, and this process is the command's own. */
export async function hardenProcess(plugin: Partial<Plugin> | null): Promise<void> {
  // What is no plugin is refused, with its remedy, where the plugins are put together.
  if (typeof plugin?.module !== 'string') return
  const module = (await import(plugin.module)) as { hardenProcess?: unknown }
  if (typeof module.hardenProcess === 'function') await module.hardenProcess()
}
