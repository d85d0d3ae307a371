// How long a newcomer waits for a page while another user has a thousand runs in the queue. Needs `pnpm build` and the servers of `.ci/servers/up`.
import { setTimeout as sleep } from 'node:timers/promises'
import { mutate, query, runEnded, type Session, startRun, uploadDocument } from '../harness/archive.ts'
import { atMost, format, type Measure } from '../harness/figure.ts'
import { openFleet } from '../harness/fleet.ts'
import { jpegPage } from '../harness/pages.ts'
import { post, register } from '../harness/server.ts'

const page = { seed: 1, dpi: 150, degradation: 'scan' } as const
const AT_ONCE = 20

export const measure: Measure = async ({ quick }) => {
  const count = quick ? 60 : 1000
  const times = quick ? 2 : 5
  await using fleet = await openFleet()
  const server = await fleet.serve()
  const first = { url: server.url, token: await register(server) }
  await fleet.work('--concurrency', '1')
  await fleet.work('--concurrency', '1')
  const own = await documentOf(first)
  for (let begun = 0; begun < count; begun += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - begun) }, (_, index) => startRun(first, own, darker(begun + index))))
  const newcomer = await registered(server.url)
  const other = await documentOf(newcomer)
  const waited: number[] = []
  for (let time = 0; time < times; time++) {
    waited.push((await runEnded(newcomer, await startRun(newcomer, other, darker(5000 + time)))).ms)
    await sleep(1000)
  }
  const left = await query<{ items: readonly unknown[] }>(first, 'runs.list', { state: 'queued', limit: 100 })
  const stillWaits = left.items.length >= 100 ? 'more than 100' : left.items.length
  const detail = `the longest of ${times}, from its start to its result; ${stillWaits} runs of the other still wait`
  const what = `Queue: a newcomer's single page while ${count} runs of another user are queued, two workers with one page at a time`
  return [
    atMost(
      what,
      { bound: 10, unit: 's' },
      { number: Math.max(...waited) / 1000, detail: `${detail}; median ${format(waited.sort((a, b) => a - b)[times >> 1] ?? 0)} ms` },
    ),
  ]
}

async function documentOf(session: Session): Promise<string> {
  const { id } = await mutate<{ id: string }>(session, 'collections.create', { title: 'queue' })
  return uploadDocument(session, id, (await jpegPage(page)).jpeg)
}

/** Another result for each number. */
function darker(number: number): object {
  const steps = [
    { use: 'document.pages', with: { dpi: 150 } },
    { use: 'image.adjust', with: { brightness: 1 - number / 20_000 } },
    { use: 'image.deskew' },
    { id: 'clean', use: 'image.binarize' },
  ]
  return { version: 1, steps, outputs: { 'page.png': 'clean' } }
}

async function registered(url: string): Promise<Session> {
  const body = { username: 'newcomer', email: 'newcomer@example.org', password: 'another long sentence' }
  const { data } = (await post({ url }, 'auth.register', { body })) as { data: { token: string } }
  return { url, token: data.token }
}
