import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Starts and stops a server in a process of its own, and says which packages it has loaded. */
const script = `
import { registerHooks } from 'node:module'
const packages = new Set()
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const [, name] = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(found.url) ?? []
    if (name) packages.add(name)
    return found
  },
})
const { createServer } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))})
const server = await createServer()
await (await fetch(server.url + '/health/ready')).json()
await server[Symbol.asyncDispose]()
console.log(JSON.stringify([...packages]))
`

it('an embedded server loads nothing of the clients of MongoDB, Redis, S3 and of the queue', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-loaded-'))
  const env = { PATH: process.env['PATH'], PORT: '0', IMAGEDOC_DATA: folder, IMAGEDOC_LOG: 'error' }
  const child = spawn(process.execPath, ['--conditions=@imagedoc/source', '--input-type=module', '-e', script], {
    env,
    cwd: import.meta.dirname,
  })
  let out = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => process.stderr.write(chunk))
  const [code] = await once(child, 'close')
  await rm(folder, { recursive: true, force: true })
  expect(code).toBe(0)
  const loaded = JSON.parse(out) as string[]
  expect(loaded).toContain('hono')
  expect(loaded.filter((name) => /^(?:mongodb|bson|ioredis|bullmq|@aws-sdk\/.*|@smithy\/.*)$/.test(name))).toEqual([])
}, 60_000)
