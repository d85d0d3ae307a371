import type { Receipt } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { stepsOf } from '../../src/runs/progress.ts'

it('a run with a thousand steps that complain without end keeps a row that every database takes', () => {
  const diagnostics = Array.from({ length: 500 }, () => ({ severity: 'warning', code: 'odd', message: 'x'.repeat(100_000) }))
  const pages = { hit: 0, miss: 1, skipped: 0, failed: 0 }
  const steps = Array.from({ length: 1000 }, (_, index) => ({
    id: `s${index}`,
    use: 'test.odd',
    key: '',
    cache: 'miss',
    pages,
    ms: 1,
    diagnostics,
  }))
  const kept = stepsOf({ steps } as unknown as Receipt)
  expect(kept).toHaveLength(1000)
  expect(kept[0]?.diagnostics).toHaveLength(100)
  expect(kept.reduce((sum, step) => sum + step.diagnostics.length, 0)).toBe(1000)
  expect(JSON.stringify(kept).length).toBeLessThan(4 * 2 ** 20)
})
