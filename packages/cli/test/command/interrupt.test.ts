import { describe, expect, it } from 'vitest'
import { workspace } from '../support/workspace.ts'

const waiting = (deaf: boolean) => ({
  steps: [{ id: 'slow', use: 'test.wait', with: { width: 21, ms: 20_000, deaf } }],
  outputs: { 'page.png': 'slow' },
})

describe('an interrupted run', () => {
  it('keeps what is finished, ends with the summary and exit code 130, within a second or so', async () => {
    const { start, pipeline, tiff, files } = workspace({ faults: true })
    pipeline('p.json', waiting(false))
    tiff('a.tif', 20)
    tiff('b.tif', 21)
    tiff('c.tif', 22)
    const { child, ended, says } = start(['run', 'p.json', 'a.tif', 'b.tif', 'c.tif', '-o', 'out', '--json', '-j', '1'])
    await says('"type":"step-started","input":"b.tif"')
    const sent = performance.now()
    child.kill('SIGINT')
    const { code, json } = await ended
    expect(performance.now() - sent).toBeLessThan(5000)
    expect(code).toBe(130)
    const summary = json().at(-1) as { inputs: { status: string }[] }
    expect(summary.inputs.map(({ status }) => status)).toEqual(['done', 'cancelled', 'cancelled'])
    expect(files('out')).toEqual(['a.tif/page.png'])
  })

  it('stops at once when it is interrupted again, and leaves no half-written file', async () => {
    const { start, pipeline, tiff } = workspace({ faults: true })
    pipeline('p.json', waiting(true))
    tiff('b.tif', 21)
    const { child, ended, says } = start(['run', 'p.json', 'b.tif', '-o', 'out', '--json'])
    await says('"type":"step-started"')
    child.kill('SIGINT')
    await says('Stopping')
    const again = setInterval(() => child.kill('SIGINT'), 100)
    const { code } = await ended
    clearInterval(again)
    expect(code).toBe(130)
  })
})

describe('a step whose code never returns', () => {
  const spinning = { steps: [{ id: 'spin', use: 'test.spin', with: { width: 21 }, timeoutMs: 60_000 }], outputs: { 'page.png': 'spin' } }

  it.each([
    ['SIGINT', []],
    ['SIGTERM', []],
    ['SIGINT', ['--isolate']],
    ['SIGTERM', ['--isolate']],
  ] as const)('is ended by %s with %j: what is finished is kept', async (signal, options) => {
    const { start, pipeline, tiff, files } = workspace({ faults: true })
    pipeline('p.json', spinning)
    tiff('a.tif', 20)
    tiff('b.tif', 21)
    const { child, ended, says } = start(['run', 'p.json', 'a.tif', 'b.tif', '-o', 'out', '--json', '-j', '1', ...options])
    await says('"type":"step-started","input":"b.tif"')
    child.kill(signal)
    const { code, json } = await ended
    expect(code).toBe(130)
    const summary = json().at(-1) as { inputs: { status: string }[] }
    expect(summary.inputs.map(({ status }) => status)).toEqual(['done', 'cancelled'])
    expect(files('out')).toEqual(['a.tif/page.png'])
  })

  it.each([[[]], [['--isolate']]])('is ended by its time limit with %j, and the next page is done', async (options) => {
    const { run, pipeline, tiff, files } = workspace({ faults: true })
    pipeline('p.json', { ...spinning, steps: [{ ...spinning.steps[0], timeoutMs: 500 }] })
    tiff('b.tif', 21)
    tiff('c.tif', 22)
    const { code, json } = await run('run', 'p.json', 'b.tif', 'c.tif', '-o', 'out', '--json', '-j', '1', ...options)
    expect(code).toBe(6)
    const summary = json().at(-1) as { inputs: { status: string; error?: { code: string; path: string } }[] }
    expect(summary.inputs).toMatchObject([{ status: 'failed', error: { code: 'STEP_TIMEOUT', path: 'steps[0]' } }, { status: 'done' }])
    expect(files('out')).toEqual(['c.tif/page.png'])
  })
})
