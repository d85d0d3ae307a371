import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'

/** What core's runners and the OCR workers rely on when a test starts them from the sources. */
it('threads and children that a test starts find the packages by their sources', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-conditions-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'host.mjs')
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads'
const send = parentPort ? (value) => parentPort.postMessage(value) : (value) => process.send(value)
send(process.execArgv.includes('--conditions=@imagedoc/source'))`,
  )
  const answer = (from: NodeJS.EventEmitter) => new Promise((resolve) => from.once('message', resolve))
  expect(await answer(new Worker(file))).toBe(true)
  expect(await answer(fork(file))).toBe(true)
})
