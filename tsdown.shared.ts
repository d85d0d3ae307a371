import { defineConfig } from 'tsdown'

/**
 * One output file per source file: threads and children start their module by `new URL('./host-thread.js', import.meta.url)`,
 * which holds in `dist` as it does in `src` only when both have the same shape.
 */
export const packageBuild = defineConfig({
  entry: ['src/**/*.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node24',
  unbundle: true,
  dts: true,
  fixedExtension: false,
  clean: true,
  logLevel: 'warn',
})
