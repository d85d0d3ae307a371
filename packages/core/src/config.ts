import type { Plugin } from './plugin/plugin.ts'

/** What `imagedoc.config.ts` exports: plugins, nothing else. Drivers are chosen by `IMAGEDOC_*` variables. */
export interface Config<Plugins extends readonly Plugin[] = readonly Plugin[]> {
  plugins: Plugins
}

/**
 * Types a configuration; a client's types are made from what it lists.
 * @example
 * export default defineConfig({ plugins: [image(), pdf(), ocr({ dataPath: '/usr/share/tessdata' })] })
 */
export function defineConfig<const Plugins extends readonly Plugin[]>(config: Config<Plugins>): Config<Plugins> {
  return config
}
