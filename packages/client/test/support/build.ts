import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)
const root = join(import.meta.dirname, '../../../..')
const client = join(root, 'packages/client')
const core = join(root, 'packages/core')

/** Builds a package as it is published, into another folder. */
export async function build(folder: string, { outDir, config }: { outDir: string; config?: string }): Promise<void> {
  const args = [
    join(root, 'node_modules/tsdown/dist/run.mjs'),
    '--out-dir',
    outDir,
    '--logLevel',
    'error',
    ...(config ? ['--config', config] : []),
  ]
  // Without the condition for sources: a build is what others get.
  await run(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } })
}

/** A project that has installed the packed client, and nothing of this workspace. */
export async function installClient(folder: string): Promise<{ client: string; core: string }> {
  const modules = join(folder, 'node_modules')
  const installed = { client: join(modules, '@imagedoc/client'), core: join(modules, '@imagedoc/core') }
  for (const [name, source] of [['client', client] as const, ['core', core] as const]) {
    await mkdir(installed[name], { recursive: true })
    await build(source, { outDir: join(installed[name], 'dist') })
    const { publishConfig, ...manifest } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
      publishConfig: { exports: object }
      exports: object
    }
    await writeFile(join(installed[name], 'package.json'), JSON.stringify({ ...manifest, exports: publishConfig.exports }))
  }
  await cp(join(core, 'schema'), join(installed.core, 'schema'), { recursive: true })
  for (const [name, from] of [
    ['eventsource-parser', client],
    ['tus-js-client', client],
    ['@trpc/client', client],
    ['@trpc/server', client],
    ['zod', core],
    ['fastest-levenshtein', core],
  ] as const) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(dirname(findManifest(from, name)), join(modules, name))
  }
  return installed
}

function findManifest(from: string, name: string): string {
  return createRequire(join(from, 'package.json')).resolve(`${name}/package.json`)
}

/** The compiler of this workspace. */
export const tsc = join(root, 'node_modules/typescript/bin/tsc')
