import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import type { Hono } from 'hono'
import type { HttpEnv } from '../../src/http/env.ts'
import { createSendInTurn } from '../../src/open-drivers/send-in-turn.ts'
import type { QueueName } from '../../src/queues/queues.ts'
import { addCollection, addDocument, addRun, addUpload } from '../support/archive.ts'
import { callRpc, type TestServer, type TestUser } from '../support/test-server.ts'
import { tusClient } from '../uploads/tus-client.ts'

const MIB = 1024 ** 2
const page = await (await renderPage({ seed: 1, width: 900, height: 1200 })).jpeg(95)

/** A user with a collection, a document of one page in it, and a run that has ended. */
export interface Person {
  readonly user: TestUser
  readonly collectionId: string
  readonly documentId: string
  readonly runId: string
}

export async function addPerson({ services }: TestServer, user: TestUser): Promise<Person> {
  const { _id: collectionId } = await addCollection(services, { user_id: user.id })
  const original = await services.blobs.put('objects', page, { mediaType: 'image/jpeg' })
  const { _id: documentId } = await addDocument(services, { collection_id: collectionId, original })
  const run = {
    user_id: user.id,
    collection_id: collectionId,
    document_id: documentId,
    state: 'cancelled' as const,
    error: new ImageDocError('CANCELLED', 'No.').toJSON(),
  }
  const { _id: runId } = await addRun(services, run)
  return { user, collectionId, documentId, runId }
}

/** The application for one user. */
function appOf({ app }: TestServer, { token }: TestUser): Hono<HttpEnv> {
  const request = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(path, { ...init, headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` } })
  return { request } as Hono<HttpEnv>
}

/** `ok`, or the code of the error. */
async function outcomeOf(response: Response): Promise<string> {
  const text = await response.text()
  if (response.ok) return 'ok'
  return response.headers.get('Upload-Error') ?? (JSON.parse(text) as { error: { code: string } }).error.code
}

type Ask = (server: TestServer, person: Person) => Promise<string>

const get =
  (path: (person: Person) => string): Ask =>
  async (server, person) =>
    outcomeOf(await appOf(server, person.user).request(path(person)))
const call =
  (path: string, type: 'query' | 'mutation' | 'subscription', input: (person: Person) => unknown): Ask =>
  async ({ app }, person) =>
    (await callRpc(app, { path, type, input: input(person), token: person.user.token })).outcome
/** A file of its own each time: the page, and behind its end some bytes. */
const upload =
  (further: number): Ask =>
  async (server, { user }) => {
    const bytes = Buffer.concat([page, Buffer.alloc(further + 16, crypto.randomUUID())])
    return outcomeOf((await tusClient(appOf(server, user)).send(bytes)).response)
  }
const preview: Ask = async (server, { user, documentId }) => {
  const body = JSON.stringify({ steps: [{ use: 'image.grayscale' }] })
  return outcomeOf(await appOf(server, user).request(`/documents/${documentId}/pages/1/preview`, { method: 'POST', body }))
}
const begin: Ask = async (server, { user }) => outcomeOf(await tusClient(appOf(server, user)).create(10))
const sendPart: Ask = async ({ services }, { user }) => {
  const { _id } = await addUpload(services, user.id)
  const sending = createSendInTurn(services.tables, services.queues)(_id, async () => {})
  return sending.then(
    () => 'ok',
    (error: unknown) => (isImageDocError(error) ? error.code : String(error)),
  )
}
const definition = { version: 1, steps: [{ use: 'image.grayscale' }], outputs: { 'page.png': 'image.grayscale' } }

/** What a user asks for by its proper way, for every queue of the server: one without a row does not compile. */
export const queueRows: Readonly<Record<QueueName, Ask>> = {
  inspections: upload(0),
  pageImages: get(({ documentId }) => `/documents/${documentId}/pages/1?width=160`),
  previews: preview,
  checks: upload(0),
  largeChecks: upload(65 * MIB),
  uploads: upload(0),
  uploadBegins: begin,
  uploadParts: sendPart,
  downloads: get(({ documentId }) => `/documents/${documentId}/file`),
  searches: call('search', 'query', () => ({ text: 'letter' })),
  explanations: call('pipelines.explain', 'query', ({ documentId }) => ({ definition, document_id: documentId })),
  passwords: call('auth.changePassword', 'mutation', () => ({
    currentPassword: 'not this one',
    newPassword: 'a very long one',
    endKeys: false,
  })),
  streams: call('runs.events', 'subscription', ({ runId }) => ({ id: runId })),
}

/** What a user gets who is let in. */
export const letIn = (name: QueueName): string => (name === 'passwords' ? 'LOGIN_FAILED' : 'ok')
