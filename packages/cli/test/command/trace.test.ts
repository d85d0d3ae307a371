import { describe, expect, it } from 'vitest'
import { workspace } from '../support/workspace.ts'

const stumbling = { steps: [{ id: 'stumble', use: 'test.stumble', with: { width: 21 } }], outputs: { 'page.png': 'stumble' } }
const HINT = 'Set IMAGEDOC_DEBUG=1 to see where it happened.'

describe('what a plugin throws', () => {
  it.each([[[]], [['--isolate']], [['--quiet']], [['--json']]])(
    'is shown under IMAGEDOC_DEBUG with its stack, the step and whose it is, with %j',
    async (options) => {
      const { start, pipeline, tiff } = workspace({ faults: true })
      pipeline('p.json', stumbling)
      tiff('b.tif', 21)
      const args = ['run', 'p.json', 'b.tif', '-o', 'out', ...options]
      const { code, stdout, stderr } = await start(args, { env: { IMAGEDOC_DEBUG: '1' } }).ended
      expect(code).toBe(1)
      expect(stderr).toContain('page 1 of b.tif, step stumble: test.stumble of imagedoc-plugin-faults 1.0.0\n')
      expect(stderr).toMatch(/TypeError: The test stumbled\.\n +at .*faults\.ts:\d+/)
      expect(stderr).not.toContain(HINT)
      expect(stdout).not.toContain('faults.ts')
    },
  )

  it('is shown for a step that is skipped, too', async () => {
    const { start, pipeline, tiff } = workspace({ faults: true })
    pipeline('p.json', { ...stumbling, steps: [{ ...stumbling.steps[0], onError: 'skip' }] })
    tiff('b.tif', 21)
    const { code, stderr } = await start(['run', 'p.json', 'b.tif', '-o', 'out'], { env: { IMAGEDOC_DEBUG: '1' } }).ended
    expect(code).toBe(4)
    expect(stderr).toMatch(/TypeError: The test stumbled\.\n +at .*faults\.ts:\d+/)
  })

  it('is otherwise one line, and how to see more', async () => {
    const { run, pipeline, tiff } = workspace({ faults: true })
    pipeline('p.json', stumbling)
    tiff('b.tif', 21)
    const { stderr } = await run('run', 'p.json', 'b.tif', '-o', 'out')
    expect(stderr).toContain(`OPERATION_FAILED: "test.stumble" failed: The test stumbled. (steps[0])\n${HINT}\n`)
    expect(stderr).not.toContain('faults.ts')
  })

  it('when a configuration is loaded is shown with its stack', async () => {
    const { start, pipeline, tiff, write } = workspace()
    pipeline('p.json', stumbling)
    tiff('b.tif', 21)
    write('imagedoc.config.ts', 'export default { plugins: [((): never => { throw new TypeError("Not today.") })()] }')
    const { code, stderr } = await start(['run', 'p.json', 'b.tif', '-o', 'out'], { env: { IMAGEDOC_DEBUG: '1' } }).ended
    expect(code).toBe(9)
    expect(stderr).toMatch(/Caused by: TypeError: Not today\.\n +at .*imagedoc\.config\.ts:\d+/)
  })
})
