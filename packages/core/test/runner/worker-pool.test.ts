import { expect, it } from 'vitest'
import type { OpenChannel } from '../../src/runner/channel.ts'
import type { FromHost, Task } from '../../src/runner/protocol.ts'
import { createWorkerPool } from '../../src/runner/worker-pool.ts'
import { callOf, hooks } from '../../src/testing/segment-call.ts'

/** Workers that say which of them was asked. */
function numberedWorkers(): OpenChannel {
  let count = 0
  return (listener) => {
    const number = count++
    const gone = Promise.withResolvers<{ code: 'PROCESS_CRASHED'; message: string }>()
    const end = (): void => gone.resolve({ code: 'PROCESS_CRASHED', message: 'It was ended.' })
    const answer = (id: number): FromHost => {
      const value = { kind: 'data', meta: number, mediaType: 'application/json', bytes: new Uint8Array(), matrix: null, properties: {} }
      return { type: 'reply', id, reply: { result: { steps: [], diagnostics: [], value } }, keeps: false, tainted: false, rss: 0 }
    }
    return {
      send(message: { type: string; id?: number; task?: Task }) {
        if (message.type === 'task') setImmediate(() => listener(answer(message.id ?? 0)))
        if (message.type === 'end') end()
      },
      pour: undefined,
      gone: gone.promise,
      kill: end,
      hold() {},
      release() {},
    }
  }
}

it('gives steps to the worker that has done them before: its engines are open', async () => {
  await using pool = createWorkerPool({ open: numberedWorkers(), size: 2 })
  const workerOf = async (use: string): Promise<unknown> => {
    const result = await pool.run(callOf([{ use }]), hooks())
    return 'value' in result && result.value.meta
  }
  const [pages, words] = await Promise.all([workerOf('document.pages'), workerOf('ocr.recognize')])
  expect(pages).not.toBe(words)
  // Whichever was idle for a shorter time.
  expect([await workerOf('document.pages'), await workerOf('document.pages')]).toEqual([pages, pages])
  expect([await workerOf('ocr.recognize'), await workerOf('document.pages')]).toEqual([words, pages])
})
