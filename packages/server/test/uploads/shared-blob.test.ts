import { join } from 'node:path'
import { renderPage } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { dropBlob } from '../../src/documents/held-blobs.ts'
import { claimUpload } from '../../src/uploads/claim.ts'
import { createFileUploadStore } from '../../src/uploads/file-upload-store.ts'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { endlessRoom } from '../support/endless-room.ts'
import { appFor, openServer } from './support.ts'
import { tusClient } from './tus-client.ts'

it('an upload keeps its blob when the last document that held the same one is purged at that moment', async () => {
  await using server = await openServer()
  const ana = await server.addCaller('ana')
  const { blobs } = server.services
  const purgedMeanwhile: typeof blobs = {
    ...blobs,
    async put(...call) {
      const stored = await blobs.put(...call)
      expect(await dropBlob(server.services, stored.digest)).toBe(false)
      return stored
    },
  }
  const uploads = createFileUploadStore({ folder: join(server.folder, 'uploads'), blobs: purgedMeanwhile, room: endlessRoom })
  const client = tusClient(appFor(createUploadRoutes({ ...server.services, uploads }), ana))
  const page = await (await renderPage({ seed: 1, width: 300, height: 400 })).jpeg()
  const path = (await client.create(page.length)).headers.get('Location') ?? ''
  expect((await client.patch(path, 0, page)).status).toBe(204)
  const { original } = await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')
  expect(await blobs.stat(original.digest)).toBeDefined()
})
