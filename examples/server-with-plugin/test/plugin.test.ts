import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@imagedoc/client'
import { createServer } from '@imagedoc/server'
import { expect, it } from 'vitest'
import config from '../imagedoc.config.ts'
import { connect, saveFrames } from '../src/save-frames.ts'

it('offers the operation of a stranger’s plugin, keeps a pipeline with it and refuses a parameter that it does not have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'server-with-plugin-'))
  try {
    await using server = await createServer({
      config,
      environment: {},
      settings: { port: 0, dataFolder: join(folder, 'data'), logLevel: 'silent' },
    })
    const account = { username: 'ana', email: 'ana@example.org', password: 'correct horse battery' }
    const { token } = await createClient({ url: server.url }).auth.register({ ...account, setupToken: server.setupToken ?? undefined })
    const client = connect(server.url, token)
    const operations = await client.operations.list()
    expect(operations.find(({ name }) => name === 'example.frame')).toMatchObject({ plugin: 'imagedoc-plugin-example' })
    const saved = await client.pipelines.get({ id: await saveFrames(client) })
    expect(saved.definition.steps.at(-1)).toEqual({ id: 'framed', use: 'example.frame', with: { width: 12, colour: '#804000' } })
    const definition = { version: 1 as const, steps: [{ use: 'example.frame', with: { widht: 12 } }] }
    const { valid, problems } = await client.pipelines.validate({ definition })
    expect(valid).toBe(false)
    expect(problems[0]?.path).toContain('steps[0].with')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
