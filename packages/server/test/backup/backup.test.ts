import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { listBackups, verifyBackup } from '../../src/backup/look.ts'
import { restore } from '../../src/backup/restore.ts'
import { purgeDocument } from '../../src/documents/purge.ts'
import type { Document } from '../../src/records/document.ts'
import type { Services } from '../../src/services.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { openServices } from '../support/open-services.ts'
import { addUser } from '../support/users.ts'
import { fillArchive } from './archive.ts'
import { contentsOf, embedded, freshFolder } from './stores.ts'

interface Opened {
  readonly environment: Record<string, string>
  readonly services: Services
  readonly to: string
}

/** A server's services with one of everything, and a folder for backups. */
async function open(stack: AsyncDisposableStack): Promise<Opened & { archive: Awaited<ReturnType<typeof fillArchive>> }> {
  const environment = await embedded(stack)
  const services = stack.use(await openServices(environment))
  return { environment, services, to: await freshFolder(stack), archive: await fillArchive(services) }
}

/** The same with two documents only: for what needs no run. */
async function openSmall(stack: AsyncDisposableStack): Promise<Opened & { documents: [Document, Document] }> {
  const environment = await embedded(stack)
  const services = stack.use(await openServices(environment))
  const { id: user_id } = await addUser(services)
  const { _id: collection_id } = await addCollection(services, { user_id })
  const documents: [Document, Document] = [await addDocument(services, { collection_id }), await addDocument(services, { collection_id })]
  return { environment, services, to: await freshFolder(stack), documents }
}

const blobFile = (folder: string, digest: Digest): string => join(folder, 'objects', digest.slice(7, 9), digest.slice(7))

describe('a backup of an embedded installation', () => {
  it('restored into an empty folder has every row and every byte, is consistent, and is searched', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, services, to, archive } = await open(stack)
    const before = await contentsOf(services)
    // Beside the server, which has the database.
    const made = await backUp({ environment, to })
    expect(made).toMatchObject({ documents: 3, there: 0, lost: [] })
    const fresh = await embedded(stack)
    const restored = await restore({ environment: fresh, from: to })
    expect(restored).toMatchObject({ name: made.name, documents: 3, rows: made.rows, copied: made.copied, damaged: [] })
    await using again = await openServices(fresh)
    expect(await contentsOf(again)).toEqual(before)
    await assertConsistent(again)
    const ana = { userId: archive.user, username: 'ana', role: 'user', accessEpoch: 0, tokenId: '', tokenKind: 'session' } as const
    const { hits } = await again.search.search({ ...ana, signal: new AbortController().signal }, { text: 'lisboa', limit: 10 })
    expect(hits.map(({ document, page }) => [document._id, page])).toEqual([
      [archive.read._id, 1],
      [archive.read._id, 2],
    ])
  })

  it('copies to a place only what is new since the backup before it', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, services, to, documents } = await openSmall(stack)
    expect(await backUp({ environment, to })).toMatchObject({ copied: 2, there: 0 })
    expect(await backUp({ environment, to })).toMatchObject({ copied: 0, there: 2, bytes: 0 })
    const { original } = await addDocument(services, { collection_id: documents[0].collection_id })
    expect(await backUp({ environment, to })).toMatchObject({ copied: 1, there: 2, bytes: original.size })
    expect((await listBackups({ environment, from: to })).backups).toHaveLength(3)
  })

  it('with a number to keep removes older ones with what they alone hold, and leaves the others whole', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, services, to, documents } = await openSmall(stack)
    const [gone, stays] = documents
    const { name: first } = await backUp({ environment, to })
    await purgeDocument(services, gone, { user_id: '' })
    const { name: second } = await backUp({ environment, to })
    expect(existsSync(blobFile(to, gone.original.digest))).toBe(true)
    const { name: third, pruned } = await backUp({ environment, to, keep: 2 })
    expect(pruned?.backups).toEqual([first])
    expect(existsSync(blobFile(to, gone.original.digest))).toBe(false)
    expect(existsSync(blobFile(to, stays.original.digest))).toBe(true)
    for (const backup of [second, third])
      expect(await verifyBackup({ environment, from: to, backup })).toMatchObject({ name: backup, blobs: 1, damaged: [] })
    await expect(verifyBackup({ environment, from: to, backup: first })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps the backup that it made although another one has a later name, as after a clock that was set back', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to } = await openSmall(stack)
    const { name: other } = await backUp({ environment, to })
    const later = '2999-01-01T00-00-00.000Z'
    await rename(join(to, 'backups', `${other}.json`), join(to, 'backups', `${later}.json`))
    const { name, pruned } = await backUp({ environment, to, keep: 1 })
    expect(pruned?.backups).toEqual([later])
    expect(await verifyBackup({ environment, from: to })).toMatchObject({ name, damaged: [] })
  })

  it('by a damaged manifest removes nothing and names the file, while a list shows the others and foreign files do not count', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to } = await openSmall(stack)
    const { name: first } = await backUp({ environment, to })
    const { name: damaged } = await backUp({ environment, to })
    await writeFile(join(to, 'backups', `${damaged}.json`), '')
    await writeFile(join(to, 'backups', 'notes.json'), '{}')
    await expect(backUp({ environment, to, keep: 2 })).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
      message: expect.stringContaining(`nothing older was removed: the file backups/${damaged}.json is damaged`),
    })
    const list = await listBackups({ environment, from: to })
    expect(list).toMatchObject({ backups: [{ name: first }, {}], damaged: [damaged] })
    await rm(join(to, 'backups', `${damaged}.json`))
    expect((await backUp({ environment, to, keep: 2 })).pruned?.backups).toEqual([first])
  })

  it('can be read by its owner alone', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to: parent } = await openSmall(stack)
    const to = join(parent, 'new')
    await backUp({ environment, to })
    for (const folder of [to, join(to, 'objects'), join(to, 'backups')]) expect((await stat(folder)).mode & 0o777).toBe(0o700)
    const [manifest = ''] = await readdir(join(to, 'backups'))
    expect((await stat(join(to, 'backups', manifest))).mode & 0o777).toBe(0o600)
  })
})

describe('a backup that is stopped', () => {
  it('is none: the one before it stays the newest, and what was copied already is not copied again', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, services, to, documents } = await openSmall(stack)
    const { name } = await backUp({ environment, to })
    await addDocument(services, { collection_id: documents[0].collection_id })
    const stop = new AbortController()
    const stopped = backUp({ environment, to, signal: stop.signal, onProgress: ({ copied }) => copied > 0 && stop.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await listBackups({ environment, from: to })).backups.map((backup) => backup.name)).toEqual([name])
    expect(await readdir(join(to, 'backups'))).toEqual([`${name}.json`])
    expect(await backUp({ environment, to })).toMatchObject({ copied: 0, there: 3 })
  })
})

describe('a backup is refused', () => {
  it('where nobody has kept anything, and then nothing is made', async () => {
    await using stack = new AsyncDisposableStack()
    const folder = await freshFolder(stack)
    const environment = { IMAGEDOC_DATA: join(folder, 'none') }
    await expect(backUp({ environment, to: join(folder, 'backup') })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(`no server has kept anything in ${join(folder, 'none')}. Name the data folder`),
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('in the data folder, around it, and behind a link to it', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to } = await openSmall(stack)
    const data = environment['IMAGEDOC_DATA'] ?? ''
    await symlink(data, join(to, 'link'))
    for (const place of [data, join(data, 'backup'), join(data, '..'), join(to, 'link', 'backup')])
      await expect(backUp({ environment, to: place })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('data folder'),
      })
  })

  it('in the bucket and below the prefix of the server, and for an address that is none', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment } = await openSmall(stack)
    const settings = { s3Bucket: 'archive', s3Endpoint: 'http://127.0.0.1:1', s3Prefix: 'own/' }
    const { preparePlace } = await import('../../src/backup/place.ts')
    const { readSettings } = await import('../../src/settings/settings.ts')
    for (const place of ['s3://archive', 's3://archive/own', 's3://archive/own/backup/'])
      await expect(preparePlace(place, { ...readSettings(environment), ...settings })).rejects.toMatchObject({ code: 'USAGE' })
    await preparePlace('s3://archive/other', { ...readSettings(environment), ...settings })
    for (const place of ['', ' ']) await expect(backUp({ environment, to: place })).rejects.toThrow('The place for backups is empty.')
    for (const place of ['s3://', 's3://b', 's3://archive/../x', 's3://archive/a b', 'https://archive/x'])
      await expect(backUp({ environment, to: place })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('no place for'),
      })
  })

  it('where a file is in the way, which it names', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to: parent } = await openSmall(stack)
    const to = join(parent, 'file')
    await writeFile(to, '')
    for (const place of [to, join(to, 'below')])
      await expect(backUp({ environment, to: place })).rejects.toThrow(`The folder ${place} for the backup could not be made: a file is in`)
  })

  it('while another one writes to the same place, which goes on', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to } = await openSmall(stack)
    let second: Promise<unknown> | undefined
    const onProgress = (): void => {
      second ??= backUp({ environment, to }).catch((error: unknown) => error)
    }
    await backUp({ environment, to, onProgress })
    expect(await second).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('Another backup to this place') })
    expect((await listBackups({ environment, from: to })).backups).toHaveLength(1)
  })
})

describe('a store that has lost a file', () => {
  it('is backed up without it: the backup says of which document, also when it is verified and restored', async () => {
    await using stack = new AsyncDisposableStack()
    const { environment, to, documents } = await openSmall(stack)
    const [broken, whole] = documents
    const { digest } = broken.original
    await rm(blobFile(join(environment['IMAGEDOC_DATA'] ?? '', 'blobs'), digest))
    const lost = [{ document: broken._id, digest, why: 'missing' }]
    expect(await backUp({ environment, to, keep: 1 })).toMatchObject({ copied: 1, documents: 2, lost, pruned: undefined })
    expect(await verifyBackup({ environment, from: to })).toMatchObject({ damaged: [], lost })
    const fresh = await embedded(stack)
    await expect(restore({ environment: fresh, from: to })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await restore({ environment: fresh, from: to, leaveOutDamaged: true })
    await using again = await openServices(fresh)
    expect(await again.tables.documents.get(broken._id)).toBeUndefined()
    expect(await again.tables.documents.get(whole._id)).toBeDefined()
    await assertConsistent(again)
  })
})

it('no file of a backup but those of documents says a secret in plain text', async () => {
  await using stack = new AsyncDisposableStack()
  const { environment, services, to } = await openSmall(stack)
  await backUp({ environment, to })
  const key = (await services.tables.settings.get('instance_key'))?.value ?? ''
  const [manifest = ''] = await readdir(join(to, 'backups'))
  expect(await readFile(join(to, 'backups', manifest), 'utf8')).not.toContain(key)
})
