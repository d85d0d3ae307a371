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
