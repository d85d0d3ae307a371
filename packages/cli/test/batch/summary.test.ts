import type { ErrorCode } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { inParallel } from '../../src/batch/in-parallel.ts'
import { exitCodeOf, type InputSummary } from '../../src/batch/summary.ts'

const input = (status: InputSummary['status'], code?: ErrorCode): InputSummary => ({
  input: 'a',
  status,
  outputs: [],
  steps: [],
  ...(code ? { error: { code, message: '' } } : {}),
})

describe('the exit code', () => {
  it('is 0 when all are done, 4 at worst partial, 130 interrupted, else that of the first failed input', () => {
    expect(exitCodeOf([input('done'), input('done')], false)).toBe(0)
    expect(exitCodeOf([input('done'), input('partial')], false)).toBe(4)
    expect(exitCodeOf([input('partial'), input('failed', 'PROVIDER_QUOTA'), input('failed', 'CORRUPT_INPUT')], false)).toBe(8)
    expect(exitCodeOf([input('failed', 'CORRUPT_INPUT')], true)).toBe(130)
  })
})

describe('work in parallel', () => {
  it('is bounded, and its results stand in the order of the items', async () => {
    let active = 0
    let most = 0
    const results = await inParallel([3, 1, 2, 1], 2, async (turns) => {
      most = Math.max(most, ++active)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      active--
      return turns * 10
    })
    expect([results, most]).toEqual([[30, 10, 20, 10], 2])
    expect(await inParallel([], 2, async () => 1)).toEqual([])
  })
})
