import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installClient, run, tsc } from './support/build.ts'

let folder: string
let installed: { client: string; core: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-consumer-'))
  installed = await installClient(folder)
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Everything that a built file, and the built files that it imports, take from elsewhere. */
async function importsOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const text = (await readFile(file, 'utf8')).replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const found = [...text.matchAll(/(?:from\s*|import\s*\(?\s*)["']([^"']+)["']/g)].map((match) => match[1] ?? '')
  const outside = new Set(found.filter((name) => !name.startsWith('.')))
  for (const name of found.filter((one) => one.startsWith('.'))) {
    const target = join(file, '..', file.endsWith('.d.ts') ? name.replace(/\.js$/, '.d.ts') : name)
    for (const one of await importsOf(target, seen)) outside.add(one)
  }
  return outside
}

const consumer = `import { type AppOf, createClient, type ImageDocError } from '@imagedoc/client'
import { defineConfig, defineOperation, definePlugin, image, text } from '@imagedoc/core'
import { z } from 'zod'

const read = defineOperation({ name: 'my.read', version: 1, summary: 'Read.', input: image, output: text, params: z.strictObject({ lines: z.number() }),
  run: () => ({ output: { text: '', language: null } }) })
const plugin = definePlugin({ name: 'imagedoc-plugin-my', version: '1.0.0', apiVersion: 1, module: 'file:///my.js', setup: () => ({ operations: [read] }) })
const config = defineConfig({ plugins: [plugin()] })

export const client = createClient<AppOf<typeof config>>({ url: 'http://localhost:8420' })
export async function letters(error: ImageDocError): Promise<string> {
  const { id } = await client.collections.create({ title: error.message })
  const { items } = await client.documents.list({ collection_id: id, order: 'title' })
  await client.pipelines.save({ name: 'Read', definition: client.pipeline().step('my.read', { lines: 3 }) })
  // @ts-expect-error there is no such order
  await client.documents.list({ collection_id: id, order: 'size' })
  // @ts-expect-error the plugin has no such operation
  client.pipeline().step('my.write')
  const run = client.run({ document_id: items[0]?.id ?? '' }, client.pipeline().step('my.read', { lines: 3 }))
  for await (const event of run.events()) if (event.type === 'snapshot') await run.cancel()
  await client.download((await run.result()).run.document_id)
  return items[0]?.metadata['author'] as string
}
`

describe('the built client', () => {
  it('has types that need nothing of the server', async () => {
    const names = [...(await importsOf(join(installed.client, 'dist/index.d.ts')))]
    expect(names.filter((name) => !/^(@trpc\/|@imagedoc\/core($|\/))/.test(name))).toEqual([])
    expect(names).toContain('@imagedoc/core')
    const text = (
      await Promise.all(
        (await readdir(join(installed.client, 'dist'))).map((name) => readFile(join(installed.client, 'dist', name), 'utf8')),
      )
    ).join()
    expect(text).not.toMatch(/@imagedoc\/server|password_hash|pino|prom-client/)
  })

  it('type-checks within 5 s in a project outside of the workspace that trusts no library', async ({ annotate }) => {
    const compilerOptions = {
      target: 'ES2023',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    }
    await writeFile(join(folder, 'consumer.ts'), consumer)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const seconds: number[] = []
    // The least of three: whatever else runs on the machine only adds to it.
    while (seconds.length < 3 && !seconds.some((one) => one <= 5)) {
      const started = performance.now()
      const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
      seconds.push((performance.now() - started) / 1000)
      expect(stdout).toBe('')
    }
    await annotate(`a consumer type-checks in ${Math.min(...seconds).toFixed(2)} s`)
    expect(Math.min(...seconds)).toBeLessThanOrEqual(5)
  })

  it('loads in Node, and its uploads find their transport', async () => {
    const code = `import { createClient } from '@imagedoc/client'
const error = await createClient({ url: 'http://127.0.0.1:9', retries: 0 }).upload(new Blob([]), {}).catch((reason) => reason)
console.log(error.code, (await createClient({ url: 'http://127.0.0.1:9', retries: 0 }).stats().catch((reason) => reason)).code)`
    await writeFile(join(folder, 'run.mjs'), code)
    const { stdout } = await run(process.execPath, [join(folder, 'run.mjs')], { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } })
    expect(stdout.trim()).toBe('EMPTY_INPUT SERVER_UNREACHABLE')
  })

  it('takes nothing of Node where it runs in a browser', async () => {
    expect([...(await importsOf(join(installed.client, 'dist/browser.js')))].sort()).toEqual([
      '@imagedoc/core/builder',
      '@imagedoc/core/errors',
      '@trpc/client',
      'eventsource-parser',
      'tus-js-client',
    ])
    for (const entry of ['errors/index.js', 'pipeline/builder.js'])
      expect([...(await importsOf(join(installed.core, 'dist', entry)))], entry).toEqual([])
  })

  it('gives the same things in both', async () => {
    const [node, browser] = await Promise.all([import('../src/index.ts'), import('../src/browser/index.ts')])
    expect(Object.keys(browser)).toEqual(Object.keys(node))
  })
})
