import type { Plugin } from './plugin/plugin.ts'

/** What `imagedoc.config.ts` exports: plugins, nothing else. Drivers are chosen by `IMAGEDOC_*` variables. */
export interface Config {
  plugins: readonly Plugin[]
}

/**
 * Types a configuration.
 * @example
 * export default defineConfig({ plugins: [image(), pdf(), ocr({ dataPath: '/usr/share/tessdata' })] })
 */
export function defineConfig(config: Config): Config {
  return config
}
