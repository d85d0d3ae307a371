import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@imagedoc/client'
import { multiPageTiff } from '@imagedoc/fixtures'
import { createServer } from '@imagedoc/server'
import { expect, it } from 'vitest'
import { archive } from '../src/archive.ts'

it('archives a file and fetches a copy with the same bytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'typed-client-'))
  try {
    await using server = await createServer({
      environment: {},
      settings: { port: 0, dataFolder: join(folder, 'data'), logLevel: 'silent' },
    })
    const account = { username: 'ana', password: 'correct horse battery' }
    const setupToken = server.setupToken ?? undefined
    await createClient({ url: server.url }).auth.register({ ...account, email: 'ana@example.org', setupToken })
    const page = { width: 40, height: 30, channels: 1 as const, dpi: 300, pixels: new Uint8Array(1200).fill(200) }
    await writeFile(join(folder, 'scan.tif'), multiPageTiff([page, page]))
    const titles = await archive({ url: server.url, ...account }, join(folder, 'scan.tif'), join(folder, 'copy.tif'))
    expect(titles).toEqual(['scan.tif'])
    expect(await readFile(join(folder, 'copy.tif'))).toEqual(await readFile(join(folder, 'scan.tif')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
