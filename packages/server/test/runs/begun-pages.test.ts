import { ImageDocError } from '@imagedoc/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import type { BegunPages, BegunWork } from '../../src/runs/begun-pages.ts'
import { createBegunPages } from '../../src/runs/create-begun-pages.ts'
import { sweepRunPages } from '../../src/sweep/run-pages.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'

const never = new AbortController().signal

let server: TestServer
let run: { _id: string }
let work: BegunWork
beforeEach(async () => {
  server = await openTestServer({ inconsistent: 'marks of runs that are not there' })
  run = { _id: newId() }
  work = { run, page: 'input/0/1/0', step: 'grey', signal: never }
})
afterEach(() => server[Symbol.asyncDispose]())

const marks = () => server.services.tables.begunPages.count('by_run', [run._id])
const processes = (count: number): BegunPages[] => Array.from({ length: count }, () => createBegunPages(server.services))

/** As if the process died in the middle of it. */
async function dieDuring(process: BegunPages | undefined, what = work): Promise<void> {
  const begun = Promise.withResolvers<void>()
  const compute = () => {
    begun.resolve()
    return new Promise<never>(() => undefined)
  }
  void process?.during(what, compute)
  await begun.promise
}

it('a page is marked while it is at work, and not when it has ended, well or not', async () => {
  const [process] = processes(1)
  expect(await process?.during(work, marks)).toBe(1)
  expect(await marks()).toBe(0)
  const failing = process?.during(work, () => Promise.reject(new ImageDocError('ENGINE_FAILED', 'It broke.')))
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
  expect(await marks()).toBe(0)
})

it('a page that was at work when five processes died is not begun again; another one of the same run is', async () => {
  const all = processes(6)
  for (const process of all.slice(0, 5)) await dieDuring(process)
  const last = all[5]
  await expect(last?.during(work, async () => 'done')).rejects.toMatchObject({ code: 'PROCESS_CRASHED', retryable: false })
  expect(await last?.during({ ...work, page: 'input/0/2/0' }, async () => 'done')).toBe('done')
})

it('pages that were at work when a process died are tried alone, and then are no suspects any more', async () => {
  const [first, second, third] = processes(3)
  const other = { ...work, page: 'input/0/2/0' }
  const fresh = { ...work, page: 'input/0/3/0' }
  await dieDuring(first)
  await dieDuring(first, other)
  let atWork = 0
  let most = 0
  const alone = async () => {
    most = Math.max(most, ++atWork)
    await new Promise(setImmediate)
    atWork--
  }
  await Promise.all([work, other, fresh].map((what) => second?.during(what, alone)))
  expect(most).toBe(1)
  expect(await marks()).toBe(0)
  const both = Promise.withResolvers<void>()
  let begun = 0
  const together = () => {
    if (++begun === 2) both.resolve()
    return both.promise
  }
  await Promise.all([work, other].map((what) => third?.during(what, together)))
  expect(begun).toBe(2)
})

it('one that could not be unmarked is no suspect in the same process', async () => {
  const [process] = processes(1)
  const { begunPages } = server.services.tables
  const broken = { ...server.services.tables, begunPages: { ...begunPages, delete: () => Promise.reject(new Error('away')) } }
  const forgetful = createBegunPages({ ...server.services, tables: broken })
  for (let time = 0; time < 7; time++) expect(await forgetful.during(work, async () => 'done')).toBe('done')
  expect(await marks()).toBe(1)
  expect(await process?.during(work, async () => 'done')).toBe('done')
})

it('the end of a run is not begun again either when it takes its process with it, and pages may be made once more in it', async () => {
  const all = processes(6)
  for (const process of all.slice(0, 5)) {
    const begun = Promise.withResolvers<void>()
    const finish = () => {
      begun.resolve()
      return new Promise<never>(() => undefined)
    }
    void process.finishing(run, finish)
    await begun.promise
  }
  await expect(all[5]?.finishing(run, async () => 'done')).rejects.toMatchObject({ code: 'PROCESS_CRASHED' })
  const [process, dying] = processes(2)
  const other = { _id: newId() }
  await dieDuring(dying, { ...work, run: other })
  // The page is a suspect's, which is tried alone.
  const again = () => process!.during({ ...work, run: other }, async () => 'made')
  expect(await process?.finishing(other, again)).toBe('made')
})

it('marks of a run that is not there any more are swept', async () => {
  const [process] = processes(1)
  await dieDuring(process)
  expect(await sweepRunPages(server.services, never)).toBe(1)
  expect(await marks()).toBe(0)
})
