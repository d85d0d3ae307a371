import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type QueueName, queueNames } from '../../src/queues/queues.ts'
import { addUser, openTestServer, type TestServer } from '../support/test-server.ts'
import { addPerson, letIn, type Person, queueRows } from './queue-rows.ts'

const source = new URL('../../src/', import.meta.url).pathname

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ walked: 'at the end' })
})
afterAll(() => server[Symbol.asyncDispose]())

const somebody = async (): Promise<Person> => addPerson(server, await addUser(server.services))

/** A user takes all that they can get of these queues: the places, and the line before them. */
async function fill(names: readonly QueueName[], user: string): Promise<Disposable> {
  const { queues } = server.services
  const left = new AbortController()
  const places: Disposable[] = []
  for (const name of names) {
    const { room, waitingOfUser, enter } = queues[name]
    while (room.active(user) < room.ofUser) places.push(await enter(user))
    while (room.waiting(name, user) < waitingOfUser) enter(user, { signal: left.signal }).catch(() => undefined)
  }
  return {
    [Symbol.dispose]() {
      left.abort()
      for (const place of places) place[Symbol.dispose]()
    },
  }
}

describe.each(queueNames)('the queue of %s', (name) => {
  it('has room for a quiet user while a noisy one has filled it', async () => {
    const [noisy, quiet] = [await somebody(), await somebody()]
    using _filled = await fill([name], noisy.user.id)
    expect(await queueRows[name](server, quiet)).toBe(letIn(name))
    // And this is the queue that the noisy one waits in.
    expect(await queueRows[name](server, noisy)).toBe('RATE_LIMITED')
  })

  it('lets a user in who has left it', async () => {
    const noisy = await somebody()
    const filled = await fill([name], noisy.user.id)
    filled[Symbol.dispose]()
    expect(await queueRows[name](server, noisy)).toBe(letIn(name))
    expect(server.services.queues[name].room.active(noisy.user.id)).toBe(0)
  })
})

it('a user who fills all queues at once keeps nobody out of any', async () => {
  const [noisy, quiet] = [await somebody(), await somebody()]
  using _filled = await fill(queueNames, noisy.user.id)
  for (const name of queueNames) expect([name, await queueRows[name](server, quiet)]).toEqual([name, letIn(name)])
})

it('no room is one user’s alone', () => {
  for (const { name, room } of Object.values(server.services.queues)) expect([name, room.ofUser < room.size]).toEqual([name, true])
})

it('there is no other queue than those of the table', () => {
  // A backup is a process of its own, in which no user waits for another.
  const own = ['queues', 'backup']
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !own.some((folder) => file.startsWith(folder)),
  )
  const makers = /createFair(?:Queue|Room)\(|createSemaphore\(|createSlots\(|\bpLimit\(/
  expect(files.filter((file) => makers.test(readFileSync(join(source, file), 'utf8')))).toEqual([])
})
