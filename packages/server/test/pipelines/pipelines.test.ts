import type { PipelineDefinition } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import { addUser, callRpc, openTestServer, type RpcAnswer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

interface Saved {
  readonly id: string
  readonly revision: number
  readonly version: number
  readonly definition: PipelineDefinition
}

const rotated = (angle: number) => ({ version: 1, steps: [{ use: 'image.rotate', with: { angle } }] })
const save = (input: object): Promise<RpcAnswer> =>
  callRpc(server.app, { path: 'pipelines.save', type: 'mutation', input: { name: 'Turn', ...input }, token: ana.token })
const get = (input: object): Promise<RpcAnswer> => callRpc(server.app, { path: 'pipelines.get', type: 'query', input, token: ana.token })
const made = async (): Promise<Saved> => (await save({ definition: rotated(90) })).data as Saved

describe('saved pipelines', () => {
  it('a change that was refused leaves nothing behind that a later change would get', async () => {
    const { id } = await made()
    expect((await save({ id, revision: 7, definition: rotated(180) })).outcome).toBe('STALE_REVISION')
    const answer = await save({ id, revision: 0, definition: rotated(270) })
    expect(answer.data).toMatchObject({ version: 2, definition: rotated(270) })
    expect((await get({ id })).data).toMatchObject({ number: 2, definition: rotated(270) })
  })

  it('of changes made at the same time from one revision one is kept, and whoever is told so gets her own', async () => {
    const { id } = await made()
    const angles = [1, 2, 3, 4, 5, 6, 7, 8]
    const answers = await Promise.all(angles.map((angle) => save({ id, revision: 0, definition: rotated(angle) })))
    const kept = answers.flatMap((answer, index) => (answer.outcome === 'ok' ? [angles[index] as number] : []))
    expect(kept).toHaveLength(1)
    expect((await get({ id })).data).toMatchObject({ definition: rotated(kept[0] as number) })
    expect(await server.services.tables.pipelineVersions.count('by_pipeline', [id])).toBe(2)
  })

  it('what an interrupted change left behind is passed over, and nobody is shown it', async () => {
    const { id } = await made()
    const left = { pipeline_id: id, number: 2, user_id: ana.id, definition: rotated(45) as PipelineDefinition }
    await server.services.tables.pipelineVersions.insert({ _id: newId(), revision: 0, created_at: new Date(), ...left })
    expect((await get({ id, version: 2 })).outcome).toBe('NOT_FOUND')
    expect((await save({ id, revision: 0, definition: rotated(270) })).data).toMatchObject({ version: 3, definition: rotated(270) })
  })

  it('the same key again gives the same pipeline, and for another definition a conflict', async () => {
    const idempotencyKey = 'pipeline-key'
    const first = (await save({ definition: rotated(90), idempotencyKey })).data as Saved
    expect((await save({ definition: rotated(90), idempotencyKey })).data).toEqual(first)
    expect((await save({ definition: rotated(180), idempotencyKey })).outcome).toBe('IDEMPOTENCY_CONFLICT')
  })
})
