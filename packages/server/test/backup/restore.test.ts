import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@imagedoc/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { listBackups, verifyBackup } from '../../src/backup/look.ts'
import { restore } from '../../src/backup/restore.ts'
import { collectGarbage } from '../../src/sweep/gc.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { openServices } from '../support/open-services.ts'
import { addUser } from '../support/users.ts'
import { type FilledArchive, fillArchive } from './archive.ts'
import { contentsOf, embedded, freshFolder } from './stores.ts'

const shared = new AsyncDisposableStack()
let archive: FilledArchive
let files: ReadonlyMap<string, Uint8Array>
let contents: Awaited<ReturnType<typeof contentsOf>>

// One archive for all: each test gets a copy of its backup.
beforeAll(async () => {
  const [environment, to] = [await embedded(shared), await freshFolder(shared)]
  await using services = await openServices(environment)
  archive = await fillArchive(services)
  contents = await contentsOf(services)
  await backUp({ environment, to })
  files = new Map(
    await Promise.all(
      (await readdir(to, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(
          async ({ parentPath, name }) => [join(parentPath, name).slice(to.length + 1), await readFile(join(parentPath, name))] as const,
        ),
    ),
  )
  return () => shared.disposeAsync()
}, 60_000)

interface Copied {
  readonly from: string
  /** Of an installation in which nothing is. */
  readonly environment: Record<string, string>
  readonly manifest: string
}

async function copied(stack: AsyncDisposableStack): Promise<Copied> {
  const from = await freshFolder(stack)
  for (const [path, bytes] of files) {
    await mkdir(join(from, path, '..'), { recursive: true })
    await writeFile(join(from, path), bytes)
  }
  const manifest = [...files.keys()].find((path) => path.startsWith('backups/')) ?? ''
  return { from, environment: await embedded(stack), manifest: join(from, manifest) }
}

const pathOf = (from: string, digest: Digest): string => join(from, 'objects', digest.slice(7, 9), digest.slice(7))

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]))
}

describe('a restore is refused', () => {
  it('into a database that somebody uses, which stays as it is', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const used = await openServices(environment)
    await addUser(used)
    const before = await contentsOf(used)
    await used[Symbol.asyncDispose]()
    await expect(restore({ environment, from })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('it has users or documents'),
    })
    await using again = await openServices(environment)
    expect(await contentsOf(again)).toEqual(before)
  })

  it('while a server has the database', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    stack.use(await openServices(environment))
    await expect(restore({ environment, from })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('in use by another process'),
    })
  })

  it('from where no complete backup is, or none of this name', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    await expect(restore({ environment, from: join(from, 'none') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(restore({ environment, from, backup: '2026-01-01T00-00-00.000Z' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each([
    ['that is cut off', (text: string) => text.slice(0, -20), 'CORRUPT_INPUT'],
    ['with a digest that is none', (text: string) => text.replace(/sha256:[0-9a-f]/, 'sha256:x'), 'CORRUPT_INPUT'],
    ['of a newer ImageDoc', (text: string) => text.replace('"version": 1', '"version": 2'), 'INVALID_CONFIG'],
  ])('by a manifest %s', async (_, change, code) => {
    await using stack = new AsyncDisposableStack()
    const { from, environment, manifest } = await copied(stack)
    await writeFile(manifest, change(await readFile(manifest, 'utf8')))
    await expect(restore({ environment, from })).rejects.toMatchObject({ code })
  })

  it('by a part of the rows that is damaged, before it is let to servers', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment, manifest } = await copied(stack)
    const { rows } = JSON.parse(await readFile(manifest, 'utf8')) as { rows: { digest: Digest }[] }
    await damage(pathOf(from, rows[0]!.digest))
    for (const look of [restore, verifyBackup])
      await expect(look({ environment, from })).rejects.toMatchObject({
        code: 'CORRUPT_INPUT',
        message: expect.stringContaining(rows[0]!.digest),
      })
    await expect(openServices(environment)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })
})

describe('a restore', () => {
  it('goes into a folder that a server was only started on, whose key it replaces', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const started = await openServices(environment)
    await started.accounts.setupToken()
    await started[Symbol.asyncDispose]()
    await restore({ environment, from })
    await using again = await openServices(environment)
    expect((await contentsOf(again))['settings']).toEqual(contents['settings'])
  })

  it('brings no login back, and of the tokens only keys', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    await restore({ environment, from })
    await using again = await openServices(environment)
    const { rows } = await again.tables.tokens.list({ index: 'by_hash', limit: 10 })
    expect(rows.map(({ kind }) => kind)).toEqual(['key'])
  })

  it('that is interrupted keeps servers and gc away, and goes on when it is repeated', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const stop = new AbortController()
    const stopped = restore({ environment, from, signal: stop.signal, onProgress: ({ copied: blobs }) => blobs > 0 && stop.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    const refusal = { code: 'INVALID_CONFIG', message: expect.stringContaining('was interrupted') }
    await expect(openServices(environment)).rejects.toMatchObject(refusal)
    await expect(collectGarbage({ environment })).rejects.toMatchObject(refusal)
    await expect(backUp({ environment, to: await freshFolder(stack) })).rejects.toMatchObject(refusal)
    const restored = await restore({ environment, from })
    expect(restored.there).toBeGreaterThan(0)
    await using again = await openServices(environment)
    expect(await contentsOf(again)).toEqual(contents)
    await assertConsistent(again)
  })

  it('that was interrupted is not mixed with another backup', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment, manifest } = await copied(stack)
    await writeFile(join(from, 'backups', '2027-01-01T00-00-00.000Z.json'), await readFile(manifest))
    const stopped = restore({ environment, from, signal: AbortSignal.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    const [first] = (await listBackups({ environment, from })).backups
    await expect(restore({ environment, from, backup: first!.name })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await restore({ environment, from, backup: '2027-01-01T00-00-00.000Z' })
  })

  it('by a damaged original ends only without its document, and says which', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const { _id, original } = archive.read
    await damage(pathOf(from, original.digest))
    expect(await verifyBackup({ environment, from })).toMatchObject({ damaged: [original.digest] })
    await expect(restore({ environment, from })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`document ${_id}, the original: ${original.digest} is damaged`),
    })
    await expect(openServices(environment)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    const damaged = [{ document: _id, version: null, digest: original.digest, why: 'damaged' }]
    expect(await restore({ environment, from, leaveOutDamaged: true })).toMatchObject({ documents: 2, damaged })
    await using again = await openServices(environment)
    await assertConsistent(again)
    expect(await again.tables.documents.get(_id)).toBeUndefined()
    expect(await again.tables.runs.count('by_document', [_id])).toBe(0)
  })

  it('by a damaged output ends without its version: the original is shown, and the run is done again', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const versions = contents['versions'] as Record<string, { outputs: { descriptor: { digest: Digest } }[]; run_id: string }>
    const [version] = Object.values(versions)
    await damage(pathOf(from, version!.outputs[0]!.descriptor.digest))
    await restore({ environment, from, leaveOutDamaged: true })
    await using again = await openServices(environment)
    await assertConsistent(again)
    expect(await again.tables.documents.get(archive.read._id)).toMatchObject({ current_version: 0, version_bytes: 0 })
    expect(await again.tables.runs.get(version!.run_id)).toMatchObject({
      state: 'queued',
      attempt: 0,
      result_version: null,
      ended_at: null,
    })
  })

  it('puts back a good copy that was brought into the backup', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, environment } = await copied(stack)
    const path = pathOf(from, archive.plain.original.digest)
    const good = await readFile(path)
    await writeFile(path, randomBytes(good.length))
    await expect(restore({ environment, from })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await writeFile(path, good)
    expect(await restore({ environment, from })).toMatchObject({ documents: 3, copied: 1, damaged: [] })
  })
})
