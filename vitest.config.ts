import { defineConfig } from 'vitest/config'

// Not `module`: workers get these too, and Node cannot load what some packages (the AWS SDK) offer to bundlers under it.
const conditions = ['@imagedoc/source', 'node', 'import', 'default']

/** One project per package, so that `--project core` runs one package's tests and nothing else. */
const folders: Record<string, string> = {
  core: 'packages/core',
  image: 'packages/plugins/image',
  pdf: 'packages/plugins/pdf',
  ocr: 'packages/plugins/ocr',
  translate: 'packages/plugins/translate',
  server: 'packages/server',
  client: 'packages/client',
  cli: 'packages/cli',
  fixtures: 'fixtures',
  examples: 'examples',
  benchmarks: 'benchmarks',
  e2e: 'e2e',
}

const project = (name: string, include: string[]) => ({ extends: true as const, test: { name, include } })

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    // Threads and children that a test starts inherit these, and so find the packages' sources too.
    execArgv: ['--conditions=@imagedoc/source'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: true,
    projects: [
      ...Object.entries(folders).map(([name, folder]) => project(name, [`${folder}/**/*.test.ts`])),
      project('workspace', ['test/**/*.test.ts']),
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['{packages,examples,e2e}/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
            // `pnpm typecheck` reports those, once.
            ignoreSourceErrors: true,
          },
        },
      },
    ],
  },
})
