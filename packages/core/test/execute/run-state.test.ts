import { expect, it } from 'vitest'
import { initialRunState, type RunEvent, reduceRun } from '../../src/index.ts'

const at = new Date(0).toISOString()
const page = { source: null, page: 0, part: [], copy: 0 }
const diagnostic = { code: 'LOW_CONFIDENCE', severity: 'warning' as const, message: 'Hardly legible.' }

it('a run that starts again, as a later attempt on a server does, has nothing left of the earlier one', () => {
  const started: RunEvent = {
    schemaVersion: 2,
    seq: 1,
    at,
    type: 'run-started',
    pipeline: null,
    steps: [{ id: 'read', use: 'ocr.recognize' }],
  }
  const first = [
    started,
    { schemaVersion: 2, seq: 2, at, type: 'step-started', step: 'read', page },
    { schemaVersion: 2, seq: 3, at, type: 'diagnostic', diagnostic, step: 'read', page },
    { schemaVersion: 2, seq: 4, at, type: 'page-done', step: 'read', page, ms: 3 },
  ] satisfies RunEvent[]
  const before = first.reduce<typeof initialRunState>(reduceRun, initialRunState)
  expect(before).toMatchObject({ seq: 4, diagnostics: [diagnostic], steps: [{ pages: { miss: 1 } }] })
  expect(reduceRun(before, started)).toEqual(reduceRun(initialRunState, started))
})
