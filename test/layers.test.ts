import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What each layer of core may import; the second telling of ARCHITECTURE.md, so that a slip in biome.jsonc shows. */
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  artifact: ['errors'],
  scale: ['errors', 'artifact'],
  operation: ['errors', 'artifact', 'scale'],
  plugin: ['errors', 'artifact', 'operation'],
  ports: ['errors', 'artifact', 'operation', 'plugin'],
  pipeline: ['errors', 'artifact', 'operation', 'plugin', 'ports'],
  key: ['errors', 'artifact', 'operation', 'plugin', 'ports', 'pipeline'],
  plan: ['errors', 'artifact', 'operation', 'plugin', 'ports', 'pipeline', 'key'],
  execute: ['errors', 'artifact', 'operation', 'plugin', 'ports', 'pipeline', 'key', 'plan'],
  drivers: ['errors', 'artifact', 'key', 'ports'],
  runner: ['errors', 'artifact', 'scale', 'operation', 'plugin', 'ports'],
  testing: ['errors', 'artifact', 'scale', 'operation', 'plugin', 'ports', 'pipeline', 'key', 'plan', 'execute', 'drivers', 'runner'],
}
const layers = Object.keys(mayImport)

interface Planted {
  file: string
  specifier: string
  reported: boolean
}

const core = 'packages/core/src'
const image = 'packages/plugins/image'
const planted: Planted[] = [
  ...layers.flatMap((from) =>
    layers
      .filter((to) => to !== from)
      .flatMap((to) => {
        const reported = !mayImport[from]?.includes(to)
        return [
          { file: `${core}/${from}/to-${to}.ts`, specifier: `../${to}/planted.ts`, reported },
          { file: `${core}/${from}/deeper/to-${to}.ts`, specifier: `../../${to}/planted.ts`, reported },
        ]
      }),
  ),
  ...layers
    .filter((from) => from !== 'testing')
    .flatMap((from) => [
      { file: `${core}/${from}/to-facade.ts`, specifier: '../imagedoc.ts', reported: true },
      { file: `${core}/${from}/to-barrel.ts`, specifier: '../index.ts', reported: true },
      { file: `${core}/${from}/to-plugin-package.ts`, specifier: '@imagedoc/plugin-image', reported: true },
      { file: `${core}/${from}/to-itself.ts`, specifier: '@imagedoc/core', reported: true },
      { file: `${core}/${from}/to-vitest.ts`, specifier: 'vitest', reported: true },
      { file: `${core}/${from}/to-neighbour.ts`, specifier: './planted.ts', reported: false },
      { file: `${core}/${from}/to-files.ts`, specifier: '../../../plugins/image/src/index.ts', reported: true },
      { file: `${core}/${from}/to-zod.ts`, specifier: 'zod', reported: false },
    ]),
  ...layers.map((from) => ({ file: `${core}/${from}/to-ioredis.ts`, specifier: 'ioredis', reported: true })),
  { file: `${core}/testing/to-vitest.ts`, specifier: 'vitest', reported: false },
  { file: `${core}/testing/to-barrel.ts`, specifier: '../index.ts', reported: false },
  { file: `${core}/testing/to-sibling.ts`, specifier: '@imagedoc/plugin-image', reported: true },
  { file: `${core}/drivers/redis/to-ioredis.ts`, specifier: 'ioredis', reported: false },
  { file: `${core}/drivers/redis/to-execute.ts`, specifier: '../../execute/planted.ts', reported: true },
  { file: `${core}/drivers/redis/to-ports.ts`, specifier: '../../ports/planted.ts', reported: false },
  { file: `${core}/imagedoc.ts`, specifier: './execute/planted.ts', reported: false },
  { file: `${core}/to-testing.ts`, specifier: './testing/planted.ts', reported: true },
  { file: `${core}/to-redis.ts`, specifier: './drivers/redis/index.ts', reported: true },
  { file: `${core}/to-sibling.ts`, specifier: '@imagedoc/plugin-pdf', reported: true },
  { file: 'packages/core/test/to-own.ts', specifier: '../src/index.ts', reported: false },
  { file: 'packages/core/test/to-fixtures.ts', specifier: '@imagedoc/fixtures', reported: false },
  { file: 'packages/core/test/to-sibling.ts', specifier: '@imagedoc/plugin-image', reported: true },
  { file: 'packages/core/test/to-files.ts', specifier: '../../plugins/image/src/index.ts', reported: true },
  { file: `${image}/src/to-core.ts`, specifier: '@imagedoc/core', reported: false },
  { file: `${image}/src/to-sharp.ts`, specifier: 'sharp', reported: false },
  { file: `${image}/src/to-own.ts`, specifier: './planted.ts', reported: false },
  { file: `${image}/src/to-testing.ts`, specifier: '@imagedoc/core/testing', reported: true },
  { file: `${image}/src/to-driver.ts`, specifier: '@imagedoc/core/drivers/redis', reported: true },
  { file: `${image}/src/to-sibling.ts`, specifier: '@imagedoc/plugin-pdf', reported: true },
  { file: `${image}/src/to-command.ts`, specifier: 'imagedoc', reported: true },
  { file: `${image}/src/to-fixtures.ts`, specifier: '@imagedoc/fixtures', reported: true },
  { file: `${image}/src/to-deep.ts`, specifier: '@imagedoc/core/src/index.ts', reported: true },
  { file: `${image}/src/to-files.ts`, specifier: '../../../core/src/index.ts', reported: true },
  { file: `${image}/src/to-sibling-files.ts`, specifier: '../../pdf/src/index.ts', reported: true },
  { file: `${image}/test/to-own.ts`, specifier: '../src/index.ts', reported: false },
  { file: `${image}/test/to-testing.ts`, specifier: '@imagedoc/core/testing', reported: false },
  { file: `${image}/test/to-fixtures.ts`, specifier: '@imagedoc/fixtures', reported: false },
  { file: `${image}/test/to-sibling.ts`, specifier: '@imagedoc/plugin-pdf', reported: true },
  { file: `${image}/test/to-driver.ts`, specifier: '@imagedoc/core/drivers/redis', reported: true },
  { file: 'packages/cli/src/to-core.ts', specifier: '@imagedoc/core', reported: false },
  { file: 'packages/cli/src/to-redis.ts', specifier: '@imagedoc/core/drivers/redis', reported: false },
  { file: 'packages/cli/src/to-plugin.ts', specifier: '@imagedoc/plugin-image', reported: false },
  { file: 'packages/cli/src/to-testing.ts', specifier: '@imagedoc/core/testing', reported: true },
  { file: 'packages/cli/src/to-fixtures.ts', specifier: '@imagedoc/fixtures', reported: true },
  { file: 'packages/cli/src/to-deep.ts', specifier: '@imagedoc/plugin-image/src/crop.ts', reported: true },
  { file: 'packages/cli/src/to-files.ts', specifier: '../../plugins/image/src/index.ts', reported: true },
  { file: 'packages/client/src/to-errors.ts', specifier: '@imagedoc/core/errors', reported: false },
  { file: 'packages/client/src/files/to-builder.ts', specifier: '@imagedoc/core/builder', reported: false },
  { file: 'packages/client/src/to-testing.ts', specifier: '@imagedoc/core/testing', reported: true },
  { file: 'packages/client/src/to-server.ts', specifier: '@imagedoc/server', reported: true },
  { file: 'packages/client/src/to-server-types.ts', specifier: '@imagedoc/server/types', reported: true },
  { file: 'packages/client/src/contract.ts', specifier: '@imagedoc/server/types', reported: false },
  { file: 'packages/client/src/to-node.ts', specifier: 'node:fs', reported: true },
  { file: 'packages/client/src/browser/to-node.ts', specifier: 'node:crypto', reported: true },
  { file: 'packages/client/src/files/to-platform.ts', specifier: '../node/platform.ts', reported: true },
  { file: 'packages/client/src/node/to-node.ts', specifier: 'node:fs', reported: false },
  { file: 'packages/client/src/node/to-browser.ts', specifier: '../browser/platform.ts', reported: true },
  { file: 'packages/client/src/index.ts', specifier: './node/platform.ts', reported: false },
  { file: 'packages/client/test/to-server.ts', specifier: '@imagedoc/server', reported: false },
  { file: 'packages/client/test/to-files.ts', specifier: '../../server/src/index.ts', reported: true },
  { file: 'packages/cli/src/to-server.ts', specifier: '@imagedoc/server', reported: false },
  { file: 'packages/cli/src/to-client.ts', specifier: '@imagedoc/client', reported: false },
  { file: 'packages/cli/src/to-server-files.ts', specifier: '../../server/src/index.ts', reported: true },
  { file: 'packages/cli/src/to-client-files.ts', specifier: '../../client/src/index.ts', reported: true },
  { file: 'packages/server/src/to-core.ts', specifier: '@imagedoc/core', reported: false },
  { file: 'packages/server/src/to-plugin.ts', specifier: '@imagedoc/plugin-image', reported: true },
  { file: 'packages/server/src/default-config.ts', specifier: '@imagedoc/plugin-image', reported: false },
  { file: 'packages/server/src/to-client.ts', specifier: '@imagedoc/client', reported: true },
  { file: 'packages/server/src/to-command.ts', specifier: 'imagedoc', reported: true },
  { file: 'packages/server/src/to-files.ts', specifier: '../../core/src/index.ts', reported: true },
  { file: 'packages/server/test/to-testing.ts', specifier: '@imagedoc/core/testing', reported: false },
  { file: 'packages/client/src/contract.ts', specifier: '@imagedoc/server/types', reported: false },
  { file: 'packages/client/src/to-server-types.ts', specifier: '@imagedoc/server/types', reported: true },
  { file: 'packages/client/src/to-server.ts', specifier: '@imagedoc/server', reported: true },
  { file: 'packages/client/src/to-errors.ts', specifier: '@imagedoc/core/errors', reported: false },
  { file: 'packages/client/src/to-node.ts', specifier: 'node:fs', reported: true },
  { file: 'packages/client/src/node/to-node.ts', specifier: 'node:fs', reported: false },
  { file: 'packages/client/src/node/to-server.ts', specifier: '@imagedoc/server', reported: true },
  { file: 'e2e/to-package.ts', specifier: '@imagedoc/core/testing', reported: false },
  { file: 'e2e/to-files.ts', specifier: '../packages/core/src/index.ts', reported: true },
  { file: 'examples/quickstart/src/to-deep.ts', specifier: '@imagedoc/core/src/index.ts', reported: true },
]

/** Two files that know each other by a type only. */
const circle = [
  { file: `${core}/artifact/hen.ts`, specifier: './egg.ts' },
  { file: `${core}/artifact/egg.ts`, specifier: './hen.ts' },
]

/** Writes the planted files beside copies of the real configuration and gives those that Biome reports, by rule. */
function lint(folder: string): (rule: string) => Set<string> {
  for (const config of [
    'biome.jsonc',
    'packages/core/biome.jsonc',
    'packages/plugins/biome.jsonc',
    'packages/cli/biome.jsonc',
    'packages/server/biome.jsonc',
    'packages/client/biome.jsonc',
    'packages/client/biome.jsonc',
    '.gitignore',
  ])
    cpSync(join(root, config), join(folder, config))
  for (const { file, specifier } of [...planted, ...circle]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), `import type { Thing } from '${specifier}'\n\nexport const thing: Thing = 1\n`)
  }
  execFileSync('git', ['init', '-q'], { cwd: folder })
  const rules = ['--only=style/noRestrictedImports', '--only=suspicious/noImportCycles']
  const args = ['lint', ...rules, '--reporter=json', '--max-diagnostics=none', '.']
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const report = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string | { file: string } } }[] }
  return (rule) =>
    new Set(
      report.diagnostics
        .filter(({ category }) => category === `lint/${rule}`)
        .map(({ location }) => (typeof location.path === 'string' ? location.path : location.path.file)),
    )
}

describe('the layer rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-layers-'))
  let reported = new Set<string>()
  let circles = new Set<string>()
  beforeAll(() => {
    const reportedBy = lint(folder)
    reported = reportedBy('style/noRestrictedImports')
    circles = reportedBy('suspicious/noImportCycles')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const lines = (wanted: boolean) =>
    planted.filter((plant) => plant.reported === wanted).map(({ file, specifier }) => ({ file, specifier, reported: reported.has(file) }))

  it('report every forbidden import', () => {
    expect(lines(true).filter((line) => !line.reported)).toEqual([])
  })

  it('let every allowed import pass', () => {
    expect(lines(false).filter((line) => line.reported)).toEqual([])
  })

  it('report files that import each other, also where they take types alone', () => {
    expect(circle.filter(({ file }) => !circles.has(file))).toEqual([])
  })

  it('know every folder of core', () => {
    const folders = readdirSync(join(root, core), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map((entry) => entry.name).filter((name) => !layers.includes(name))).toEqual([])
  })

  it('know every plugin', () => {
    const plugins = readdirSync(join(root, 'packages/plugins')).filter((name) =>
      existsSync(join(root, 'packages/plugins', name, 'package.json')),
    )
    expect(plugins.sort()).toEqual(['image', 'ocr', 'pdf', 'translate'])
  })
})
