// One case of abort.ts: ISOLATION (in-process | children), WHAT (ocr | filter).
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createImageDoc, fromBytes, type PipelineDefinition } from '@imagedoc/core'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import { tell } from '../harness/child.ts'
import { jpegPages } from '../harness/pages.ts'
import { fileDrivers, temporaryFolder } from '../harness/workspace.ts'
import type { Stopped } from './abort.ts'

const [isolation, what] = process.argv.slice(2) as ['in-process' | 'children', 'ocr' | 'filter']
const steps =
  what === 'ocr'
    ? [{ id: 'last', use: 'ocr.recognize', with: { languages: ['por'] } }]
    : [{ use: 'image.deskew' }, { id: 'last', use: 'image.binarize' }]
const pipeline: PipelineDefinition = {
  version: 1,
  steps: [{ use: 'image.crop', with: { width: '100%', height: '100%' } }, ...steps],
  outputs: { [what === 'ocr' ? 'page.layout.json' : 'page.png']: 'last' },
}
/** Pages done before it is stopped, and then how far into the next ones, in ms. */
const DONE = 3
const INTO = 150
/** Idle: less than a tenth of one core over this long. */
const WINDOW = 50

/** Milliseconds of CPU of this process and all below it, as far as the system tells (Linux). */
function cpuMs(): number {
  const parents = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      parents.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // Gone meanwhile.
    }
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (parents.has(pid) && isOurs(parents.get(pid)!.parent))
  return [...parents].filter(([pid]) => isOurs(pid)).reduce((sum, [, { ticks }]) => sum + ticks * 10, 0)
}

/** Milliseconds until two windows one after the other were idle, counted to the beginning of the first. */
async function untilIdle(from: number): Promise<number> {
  for (let quiet = 0, since = performance.now(); ; ) {
    const before = cpuMs()
    const start = performance.now()
    await delay(WINDOW)
    const busy = cpuMs() - before > (performance.now() - start) / 5
    if (busy) quiet = 0
    else if (quiet++ === 0) since = start
    if (quiet === 4) return Math.max(0, since - from)
    if (performance.now() - from > 20_000) return Number.POSITIVE_INFINITY
  }
}

hardenProcess()
await using folder = await temporaryFolder()
const pages = await jpegPages(12, { seed: 'abort', dpi: 300, channels: 1, distinct: 4 })
const input = pages.map((bytes, index) => fromBytes(bytes, { name: `${index}.jpg` }))
await using imagedoc = createImageDoc({ plugins: [image(), ocr()], isolation, ...fileDrivers(folder.path) })
const stop = new AbortController()
let finished = 0
let stoppedAt = 0
const stopSoon = async (): Promise<void> => {
  await delay(INTO)
  stoppedAt = performance.now()
  stop.abort()
}
const { status } = await imagedoc.run(
  pipeline,
  { input },
  {
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'page-done' && event.step === 'last' && !stop.signal.aborted) finished++
      if (event.type === 'page-done' && event.step === 'last' && finished === DONE) void stopSoon()
    },
  },
)
const settledMs = performance.now() - stoppedAt
const idleMs = await untilIdle(stoppedAt)
const again = await imagedoc.run(pipeline, { input })
const reused = again.receipt.steps.find((step) => step.id === 'last')?.pages.hit ?? 0
const report: Stopped = { status, settledMs, idleMs, finished, reused }
tell(report)
