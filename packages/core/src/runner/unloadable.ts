import { ImageDocError } from '../errors/error.ts'

/** A plugin that workers cannot make again from its module, and why. */
export interface Unloadable {
  /** The plugin's name. */
  readonly plugin: string
  /** The end of a sentence about its module, without a full stop. */
  readonly why: string
}

/** What to do about a plugin that workers cannot load. */
export const LOADABLE = 'Let a module of its own default-export the factory that definePlugin gives, with "module: import.meta.url".'

/** A worker could not load plugins, so it did nothing of its task. */
export class UnloadableError extends ImageDocError {
  readonly plugins: readonly Unloadable[]

  constructor(plugins: readonly Unloadable[]) {
    const names = plugins.map(({ plugin, why }) => `the plugin "${plugin}", because ${why}`).join('; ')
    super('PLUGIN_INVALID', `A worker cannot load ${names}. ${LOADABLE}`)
    this.plugins = plugins
  }
}
