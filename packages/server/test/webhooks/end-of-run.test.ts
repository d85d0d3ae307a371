import { afterEach, beforeEach, expect, it } from 'vitest'
import { deliverWebhooks } from '../../src/webhooks/deliver-webhooks.ts'
import { type Archive, greyPdf, openArchive } from '../runs/support.ts'
import { addUser, callRpc } from '../support/test-server.ts'
import { openReceiver, type Receiver, status } from './receiver.ts'

const SECRET = 'a secret of thirty-two letters, or more'

let receiver: Receiver
let archive: Archive
let sending: AsyncDisposable | undefined
beforeEach(async () => {
  receiver = await openReceiver()
  archive = await openArchive({ pages: 1, settings: { webhookHosts: [receiver.origin], webhookSecret: SECRET } })
})
afterEach(async () => {
  await sending?.[Symbol.asyncDispose]()
  sending = undefined
  await archive[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

/** Somebody who may start runs over the document does so, as the client does. */
async function start(definition: object, url: string) {
  const { server, services, document, collection } = archive
  const { id, token } = await addUser(services)
  const row = (await services.tables.collections.get(collection._id)) ?? expect.fail('no collection')
  await services.tables.collections.replaceIf({ ...row, members: [{ user_id: id, role: 'editor' }], readers: [...row.readers, id] })
  const input = { target: { document_id: document._id }, pipeline: { definition }, webhook: { url }, idempotencyKey: id }
  const answer = await callRpc(server.app, { path: 'runs.start', type: 'mutation', input, token })
  return { ...answer, run: (answer.data as { run?: { id: string; webhook: unknown } } | undefined)?.run, token }
}

/** What the receiver was told, once it was. */
async function told(): Promise<{ run: Record<string, unknown> }> {
  const came = Promise.withResolvers<void>()
  receiver.answers = [(response) => came.resolve(void status(204)(response))]
  sending = deliverWebhooks(archive.services)
  await came.promise
  return JSON.parse(receiver.received[0]?.body ?? '')
}

it('whoever starts a run is told of its end, when its result is there to be read', async () => {
  const { run, token } = await start(greyPdf, `${receiver.origin}/hook`)
  expect(run?.webhook).toEqual({ url: `${receiver.origin}/hook`, state: 'waiting', attempts: 0 })
  const { run: ended } = await told()
  expect(ended).toMatchObject({ id: run?.id, state: 'done', document_id: archive.document._id, result_version: 1, error: null })
  const shown = async () =>
    (await callRpc(archive.server.app, { path: 'runs.get', type: 'query', input: { id: run?.id }, token })).data as { webhook: unknown }
  await expect.poll(shown).toMatchObject({ state: 'done', result_version: 1, webhook: { state: 'delivered', attempts: 1 } })
})

it('the end of a run that failed is told with its code', async () => {
  const crop = { use: 'image.crop', with: { left: 0, top: 0, width: 90_000, height: 5 } }
  await start({ version: 1, steps: [{ use: 'document.pages' }, crop] }, `${receiver.origin}/hook`)
  expect((await told()).run).toMatchObject({ state: 'failed', result_version: null, error: { code: 'INVALID_PARAMETER' } })
})

it('the title of the document is not sent, though the message of the error has it', async () => {
  const { documents } = archive.services.tables
  await documents.replaceIf({ ...(await documents.get(archive.document._id))!, title: 'Sealed letter' })
  const { run } = await start({ version: 1, steps: [{ use: 'image.grayscale' }] }, `${receiver.origin}/hook`)
  expect((await told()).run['error']).toEqual({ code: 'WRONG_KIND', path: 'steps[0]' })
  expect(receiver.received[0]?.body).not.toContain('Sealed letter')
  expect((await archive.services.tables.runs.get(run?.id ?? ''))?.error?.message).toContain('Sealed letter')
})

it('a run with an address that is not allowed is not started', async () => {
  const { outcome } = await start(greyPdf, 'https://elsewhere.example.org/')
  expect(outcome).toBe('INVALID_REQUEST')
  expect(await archive.services.tables.runs.count('by_document', [archive.document._id])).toBe(0)
})
