import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRouter } from '../../src/rpc/router.ts'
import { callRpc, openTestServer, type TestServer } from '../support/test-server.ts'
import { openFixture, type Role, roles } from './fixture.ts'
import { type ProcedureRow, table } from './table.ts'

/** Every procedure x who calls. The table's type asks for a row of every procedure: one without does not compile. */
let server: TestServer

beforeAll(async () => {
  server = await openTestServer({ settings: { registration: 'open' }, walked: 'at the end' })
})
afterAll(() => server[Symbol.asyncDispose]())

it('the table has a row for every procedure of the router, and no other', () => {
  const procedures = Object.keys(createRouter(server.services)._def.procedures)
  expect(Object.keys(table).toSorted()).toEqual(procedures.toSorted())
})

describe.each(Object.entries(table) as [string, ProcedureRow][])('%s', (path, row) => {
  it.each(roles)('called by: %s', async (role: Role) => {
    const fixture = await openFixture(server.services)
    const { token } = fixture.people[role]
    const { outcome, text } = await callRpc(server.app, { path, type: row.type, input: await row.input?.(fixture, role), token })
    expect(outcome, text).toBe(row.expected[role])
  })
})
