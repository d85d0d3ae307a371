import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { createFileBlobStore } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { serve } from '../support/server.ts'
import { workspace } from '../support/workspace.ts'

describe('imagedoc worker', () => {
  it('without what it shares with servers is refused, by the name of the variable', async () => {
    const { code, stderr } = await workspace().run('worker')
    expect(code).toBe(9)
    expect(stderr).toContain('IMAGEDOC_REDIS_URL is missing: a worker shares the database and the queue with the servers')
  })

  it('is refused numbers that make no sense, with what they should be', async () => {
    const space = workspace()
    expect(await space.run('worker', '--concurrency', '0')).toMatchObject({
      code: 2,
      stderr: '--concurrency "0" is wrong; it expects a whole number from 1 to 256.\nSee imagedoc worker --help.\n',
    })
    expect(await space.run('worker', '--port', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('--port "x" is wrong') })
  })
})

describe('imagedoc serve', () => {
  it('--no-worker is refused where no other process could take the pages of runs', async () => {
    const { code, stderr } = await workspace().run('serve', '--no-worker', '--port', '0', '--data', 'data')
    expect([code, stderr]).toEqual([9, expect.stringContaining('set both, or leave the worker on')])
  })

  it('--with-worker and --no-worker exclude each other', async () => {
    expect(await workspace().run('serve', '--with-worker', '--no-worker')).toMatchObject({ code: 2 })
  })
})

describe('imagedoc migrate', () => {
  it('makes the database, changes nothing when it is called again, and is refused one that a server has', async () => {
    const space = workspace()
    const first = await space.run('migrate', '--data', 'data', '--json')
    expect(first).toMatchObject({ code: 0 })
    expect(JSON.parse(first.stdout)).toEqual({
      place: `${space.folder}/data`,
      tables: expect.arrayContaining(['users', 'documents', 'runs', 'pipeline_versions']),
    })
    expect(await space.run('migrate', '--data', 'data', '--json')).toMatchObject({ code: 0, stdout: first.stdout })
    await serve(space)
    expect(await space.run('migrate', '--data', 'data')).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('in use by another process'),
    })
  })
})

describe('imagedoc gc', () => {
  it('counts what would go, and then removes it: a file that nothing names and that is older than a day', async () => {
    const space = workspace()
    await space.run('migrate', '--data', 'data')
    const blob = await agedBlob(space.folder)
    const dry = await space.run('gc', '--data', 'data', '--dry-run', '--json')
    expect(JSON.parse(dry.stdout)).toEqual({ dry_run: true, uploads: 0, runPages: 0, blobs: 1, cachedBlobs: 0, leftovers: 0 })
    expect(await space.run('gc', '--data', 'data')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Gone:\n(?:.*\n)*? +1 {2}files that no document and no version names\n/),
    })
    expect(await blob.isThere()).toBe(false)
  })
})

/** An owned blob of the data folder that was put two days ago. */
async function agedBlob(folder: string): Promise<{ isThere(): Promise<boolean> }> {
  const path = join(folder, 'data', 'blobs')
  const blobs = createFileBlobStore({ path })
  const { digest } = await blobs.put('objects', new TextEncoder().encode('left behind'), { mediaType: 'text/plain' })
  const before = new Date(Date.now() - 2 * 86_400_000)
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), before, before)
  return { isThere: async () => (await blobs.stat(digest)) !== undefined }
}
