import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { password, serve, servedWithManager } from '../support/server.ts'
import { type Workspace, workspace } from '../support/workspace.ts'

interface Sent {
  readonly inputs: readonly { readonly document: string }[]
}

/** A server with a manager and one document, whose id it gives. */
async function servedWithDocument(space: Workspace) {
  const served = await servedWithManager(space)
  space.tiff('a.tif', 20, 21)
  const sent = await space.run('upload', 'a.tif', '--server', served.url, '-c', 'Letters', '--create', '--json')
  return { served, document: (sent.json().at(-1) as unknown as Sent).inputs[0]?.document ?? '' }
}

describe('imagedoc backup and restore', () => {
  it('bring a server that is at work to another folder: its users log in there, and download what they had uploaded', async () => {
    const space = workspace()
    const { served, document } = await servedWithDocument(space)
    const made = await space.run('backup', 'safe', '--data', 'data')
    expect(made, made.stderr).toMatchObject({ code: 0 })
    expect(made.stdout).toMatch(/^Backup \S+Z: 1 document, \d+ rows, 1 file copied \(.+\), 0 there already\.\n$/)
    const again = JSON.parse((await space.run('backup', 'safe', '--data', 'data', '--keep', '1', '--json')).stdout)
    expect(again).toMatchObject({ documents: 1, copied: 0, there: 1, lost: [], pruned: { backups: [expect.any(String)] } })
    served.child.kill('SIGTERM')
    await served.ended
    expect(await space.run('restore', 'safe', '--list')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${again.name}  1 document`),
    })
    expect(await space.run('restore', 'safe', '--verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 file.') })
    const restored = await space.run('restore', 'safe', '--data', 'other')
    expect(restored, restored.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`Restored ${again.name}: 1 document`) })
    const other = await serve(space, { args: ['--data', 'other'] })
    expect(other.setupToken).toBeUndefined()
    const login = await space.start(['login', '--server', other.url, '-u', 'ana'], { input: `${password}\n` }).ended
    expect(login.code, login.stderr).toBe(0)
    const got = await space.run('download', document, '--server', other.url, '-o', 'out')
    expect(got.code, got.stderr).toBe(0)
    expect(space.read('out/a.tif')).toBe(space.read('a.tif'))
  }, 60_000)

  it('say what is wrong with a damaged backup, with exit code 5, and of a restore of it what to do', async () => {
    const space = workspace()
    const { served, document } = await servedWithDocument(space)
    expect(await space.run('backup', 'safe', '--data', 'data', '--quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const digest = createHash('sha256')
      .update(readFileSync(join(space.folder, 'a.tif')))
      .digest('hex')
    writeFileSync(join(space.folder, 'safe', 'objects', digest.slice(0, 2), digest), 'not the letter')
    const verified = await space.run('restore', 'safe', '--verify')
    expect(verified).toMatchObject({ code: 5, stderr: expect.stringContaining(`Missing or damaged in the backup: sha256:${digest}`) })
    const refused = await space.run('restore', 'safe', '--data', 'other')
    expect(refused.code).toBe(5)
    expect(refused.stderr).toContain(`document ${document}, the original: sha256:${digest} is damaged`)
    expect(await space.run('serve', '--data', 'other', '--port', '0')).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('was interrupted'),
    })
    const without = await space.run('restore', 'safe', '--data', 'other', '--leave-out-damaged')
    expect(without).toMatchObject({ code: 0, stdout: expect.stringContaining(`Left out: document ${document}`) })
    served.child.kill('SIGTERM')
    await served.ended
  }, 60_000)

  it('of a store that lost a file ends with exit code 5, and says which', async () => {
    const space = workspace()
    const { document } = await servedWithDocument(space)
    const objects = join(space.folder, 'data', 'blobs', 'objects')
    for (const name of readdirSync(objects)) rmSync(join(objects, name), { recursive: true })
    const made = await space.run('backup', 'safe', '--data', 'data')
    expect(made).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('Backup '),
      stderr: expect.stringContaining(`document ${document}: `),
    })
  }, 60_000)

  it.each([
    [['backup'], 2, 'backup needs a place'],
    [['backup', 'safe', '--keep', '0'], 2, '--keep "0" is wrong; it expects a whole number from 1 on.'],
    [['backup', 'ftp://host/x'], 9, 'There is no database here'],
    [['restore', 'safe', '--list', '--verify'], 2, '--list and --verify exclude each other.'],
    [['restore', 'safe'], 3, 'There is no complete backup at safe'],
    [['restore', 's3://x'], 2, '"s3://x" is no place for backups'],
  ])('refuse %j', async (args, code, message) => {
    expect(await workspace().run(...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
  })
})
