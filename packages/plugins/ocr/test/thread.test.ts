import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Layout, Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { madePage, wordsOf } from './pages.ts'

const script = new URL('reading-thread.ts', import.meta.url)

function startReading(page: Pixels): Worker {
  return new Worker(script, { workerData: { page, languages: ['por'], engine: 'tesseract.js' } })
}

describe('the engine tesseract.js in a thread', { timeout: 60_000 }, () => {
  it('reads a page and tells how far it is', async () => {
    const { pixels } = await madePage({ seed: 7 })
    const worker = startReading(pixels)
    const done: number[] = []
    const output = await new Promise<Layout>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('message', (message: { done?: number; output?: Layout }) => {
        if (message.done !== undefined) done.push(message.done)
        if (message.output) resolve(message.output)
      })
    })
    await worker.terminate()
    expect(wordsOf(output).length).toBeGreaterThan(20)
    expect(done.length).toBeGreaterThan(5)
    expect(done).toEqual([...new Set(done)].sort((a, b) => a - b))
    expect(Math.min(...done)).toBeGreaterThanOrEqual(0)
    expect(done.at(-1)).toBeLessThanOrEqual(1)
  })

  it('stops within a second in the middle of a page when its thread is terminated', async () => {
    const { pixels } = await madePage({ seed: 8, width: 2480, height: 3508, dpi: 300, fontSize: 9, degradation: 'clean' })
    const worker = startReading(pixels)
    await new Promise<void>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('message', ({ done, output }: { done?: number; output?: Layout }) => {
        if (output) reject(new Error('The page was read before it could be stopped.'))
        if (done !== undefined && done > 0.3) resolve()
      })
    })
    const asked = performance.now()
    await worker.terminate()
    expect(performance.now() - asked).toBeLessThan(1000)
  })

  it('leaves nothing in the folder it is called from', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'imagedoc-cwd-'))
    const source = `
      import ocr from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      const [operation] = ocr().operations
      await using engine = await operation.engines[0].open()
      const page = { width: 300, height: 200, channels: 1, density: null, data: new Uint8Array(60_000).fill(255) }
      const context = { engine, signal: new AbortController().signal, progress() {}, report() {}, scale: () => null }
      const { output } = await operation.run({ input: page, params: operation.params.parse({}), context })
      process.stdout.write(JSON.stringify(output))`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...process.execArgv, '--input-type=module', '--eval', source], {
      cwd,
    })
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 2, width: 300, height: 200, density: null, blocks: [] })
    expect(stderr).toBe('')
    expect(await readdir(cwd)).toEqual([])
    await rm(cwd, { recursive: true })
  })
})
