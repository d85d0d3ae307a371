import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { renderPage } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { appFor, codeOf, openServer } from './support.ts'
import { stalledBody, tusClient } from './tus-client.ts'
import { describeUploads } from './uploads-suite.ts'

describeUploads('uploads into files', openServer)

it('ends a request at once when its token ends, and keeps what had arrived', async () => {
  await using server = await openServer()
  const routes = createUploadRoutes(server.services)
  const jpeg = await (await renderPage({ seed: 1, width: 300, height: 400 })).jpeg()
  const leaving = await server.addCaller('leaving')
  const path = (await tusClient(appFor(routes, leaving)).create(jpeg.length)).headers.get('Location') ?? ''
  const sending = tusClient(appFor(routes, leaving)).patch(path, 0, stalledBody(jpeg.subarray(0, 2000)))
  const file = join(server.folder, 'uploads', path.split('/').at(-1) ?? '')
  await expect.poll(async () => (await stat(file)).size, { interval: 10 }).toBe(2000)
  leaving.logOut()
  const response = await sending
  expect([response.status, await codeOf(response)]).toEqual([401, 'UNAUTHENTICATED'])
  const again = { ...leaving, signal: new AbortController().signal }
  expect((await tusClient(appFor(routes, again)).head(path)).headers.get('Upload-Offset')).toBe('2000')
})
