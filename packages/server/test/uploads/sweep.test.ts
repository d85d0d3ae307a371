import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderPage } from '@imagedoc/fixtures'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { newId } from '../../src/records/id.ts'
import { createFileUploadStore } from '../../src/uploads/file-upload-store.ts'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { sweepUploads } from '../../src/uploads/sweep.ts'
import { endlessRoom } from '../support/endless-room.ts'
import { appFor, openServer, type TestServer } from './support.ts'
import { type TusClient, tusClient } from './tus-client.ts'

let server: TestServer
let ana: Caller
let client: TusClient

beforeAll(async () => {
  server = await openServer()
  ana = await server.addCaller('ana')
  client = tusClient(appFor(createUploadRoutes(server.services), ana))
})
afterAll(() => server[Symbol.asyncDispose]())

const files = () => readdir(join(server.folder, 'uploads'))

it('removes uploads an hour after their day, with their files, and no younger ones', async () => {
  const old = (await client.create(100)).headers.get('Location')?.split('/').at(-1) ?? ''
  server.advance(23 * 3600_000)
  const young = (await client.create(100)).headers.get('Location')?.split('/').at(-1) ?? ''
  expect(await sweepUploads(server.services)).toBe(0)
  server.advance(1.5 * 3600_000)
  expect((await client.head(`/uploads/${old}`)).status).toBe(404)
  expect(await sweepUploads(server.services)).toBe(0)
  server.advance(3600_000)
  expect(await sweepUploads(server.services)).toBe(1)
  expect((await files()).sort()).toEqual([young, `${young}.json`])
  expect(await server.services.tables.uploads.get(old)).toBeUndefined()
  expect(await sweepUploads(server.services)).toBe(0)
})

it('removes files whose upload is gone or already stored, and touches nothing that is none of its own', async () => {
  const page = await renderPage({ seed: 1, width: 90, height: 120 })
  const { id } = await client.send(await page.jpeg())
  const folder = join(server.folder, 'uploads')
  const before = await files()
  const orphan = newId()
  await mkdir(folder, { recursive: true })
  for (const name of [orphan, `${orphan}.json`, `${newId()}.json`, id, 'notes.txt']) await writeFile(join(folder, name), 'x')
  expect(await sweepUploads(server.services)).toBe(3)
  expect((await files()).sort()).toEqual([...before, 'notes.txt'].sort())
  expect(await server.services.tables.uploads.get(id)).toMatchObject({ pages: 1 })
})

it('has nothing to do where nobody ever sent anything', async () => {
  const uploads = createFileUploadStore({ folder: join(server.folder, 'nowhere'), blobs: server.services.blobs, room: endlessRoom })
  expect(await sweepUploads({ ...server.services, uploads })).toBe(0)
})
