import { join } from 'node:path'
import { createImageDoc, type ErrorCode, fromFile, type Limits, limitVariables, type PipelineDefinition } from '@imagedoc/core'
import { serverVariables } from '@imagedoc/server'
import { describe, expect, it } from 'vitest'
import { commandVariables } from '../../src/configuration/variables.ts'
import faults, { imagePlugin, pdfPlugin } from '../support/faults.ts'
import { workspace } from '../support/workspace.ts'

interface Row {
  readonly code: ErrorCode
  readonly steps: PipelineDefinition['steps']
  /** What the file does not fit in. */
  readonly low: string
  /** What it fits in. */
  readonly high: string
  /** How the command is to be run; the limit must reach the work there, too. @default in this process */
  readonly ways?: readonly string[][]
}

const wait = { use: 'test.wait', with: { width: 20, ms: 700 } } as const
const here: readonly string[][] = [[]]
const either: readonly string[][] = [[], ['--isolate']]

/** A file of two pages of 20 x 12 pixels, which is over each limit in turn. A new limit has no row, and does not compile. */
const rows: Record<keyof Limits, Row> = {
  pixels: { code: 'TOO_MANY_PIXELS', steps: [{ use: 'document.pages' }], low: '239', high: '240', ways: either },
  bytes: { code: 'INPUT_TOO_LARGE', steps: [{ use: 'document.pages' }], low: '100', high: '100KB' },
  pages: { code: 'TOO_MANY_PAGES', steps: [{ use: 'document.pages' }], low: '1', high: '2' },
  timeoutMs: { code: 'STEP_TIMEOUT', steps: [{ use: 'document.pages' }, wait], low: '300ms', high: '1min', ways: either },
  runMs: { code: 'RUN_TOO_LONG', steps: [{ use: 'document.pages' }, wait], low: '300ms', high: '1h' },
  memoryBytes: {
    code: 'MEMORY_LIMIT',
    steps: [
      { use: 'document.pages', with: { pages: '1' } },
      { use: 'test.hold', with: { mib: 400 } },
    ],
    low: '400MiB',
    high: '2GiB',
    ways: [['--isolate']],
  },
}
const limits = (Object.keys(rows) as (keyof Limits)[]).map((limit) => ({ limit, variable: limitVariables[limit].name, ...rows[limit] }))

describe.each(limits)('the limit $limit', ({ limit, variable, code, steps, low, high, ways = here }) => {
  const prepared = () => {
    const space = workspace({ faults: true })
    space.pipeline('p.json', { steps, outputs: { 'page.png': steps.at(-1)?.use ?? '' } })
    space.tiff('a.tif', 20, 20)
    return space
  }

  it.each(ways.map((options) => ({ options })))(
    'is named by its variable at a terminal, and raised by it $options',
    async ({ options }) => {
      const { start } = prepared()
      const run = (value: string) =>
        start(['run', 'p.json', 'a.tif', '-o', 'out', '--no-cache', ...options], { env: { [variable]: value } }).ended
      const refused = await run(low)
      expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining(`raise the limit with the variable ${variable}`) })
      expect(refused.stderr).toContain(code)
      expect(refused.stderr).not.toContain('createImageDoc')
      // A slow machine may say on standard error how far it is.
      const raised = await run(high)
      expect(raised.code, raised.stderr).toBe(0)
    },
    60_000,
  )

  it('is named by its option in code, and raised by it', async () => {
    const { folder } = prepared()
    const run = async (value: string) => {
      const isolation = ways[0]?.length === 0 ? 'in-process' : 'children'
      const given = { [limit]: limitVariables[limit].parse(value) }
      await using imagedoc = createImageDoc({ plugins: [imagePlugin(), pdfPlugin(), faults()], limits: given, isolation })
      return await imagedoc.run({ version: 1, steps }, { input: fromFile(join(folder, 'a.tif')) })
    }
    expect(await run(low)).toMatchObject({
      error: { code, message: expect.stringContaining(`raise limits.${limit} of createImageDoc`) },
    })
    expect(await run(high)).toMatchObject({ status: 'done' })
  })

  it('has the same variable, said in the same words, for the command and the server', () => {
    const { name, default: usual, meaning, expects } = limitVariables[limit]
    expect(commandVariables).toContainEqual({ name, default: usual, meaning, limit })
    // The server bounds files when they are uploaded.
    if (limit !== 'bytes') expect(Object.values(serverVariables)).toContainEqual(expect.objectContaining({ name, meaning, expects }))
  })
})

describe('a limit', () => {
  it('that is none is refused by its variable, before anything runs', async () => {
    const { start } = workspace()
    expect(await start(['operations'], { env: { IMAGEDOC_MAX_PIXELS: '-5' } }).ended).toMatchObject({
      code: 9,
      stderr:
        'INVALID_CONFIG: The environment variable IMAGEDOC_MAX_PIXELS is wrong; it expects a number of pixels, or one with a unit such as 200MP.\n',
    })
  })

  it('is what explain says', async () => {
    const { start, pipeline, tiff } = workspace()
    pipeline('p.json', { steps: [{ use: 'image.grayscale' }] })
    tiff('a.tif', 20)
    const env = { IMAGEDOC_MAX_STEP_TIME: '10min', IMAGEDOC_MAX_RUN_TIME: '3h' }
    expect((await start(['explain', 'p.json', 'a.tif'], { env }).ended).stdout).toContain(
      'a step 600 s on a page, the whole run 3 h of work',
    )
  })
})
