import { expect, it } from 'vitest'
import type { Outcome } from '../src/hostile/host.ts'
import { hostileReport } from '../src/hostile/report.ts'

const outcome = (name: string, told: Partial<Outcome>): Outcome => ({
  name,
  path: name,
  expect: 'any',
  end: 'code',
  code: 'CORRUPT_INPUT',
  message: '',
  warnings: 0,
  ms: 10,
  rssMB: 100,
  ...told,
})
const report = (...list: Outcome[]): string => hostileReport({ children: list }, { machine: 'here', cases: list.length })
/** The cells of the verdict: crashes, hangs, results, codes, late refusals. */
const verdict = (...list: Outcome[]): string[] => (/\| children \| (.*) \|/.exec(report(...list))?.[1] ?? '').split(' | ').slice(0, 5)

it('counts a code after three seconds as late, at the memory limit too, and only work that ran into its time limit not', () => {
  const late = outcome('a', { ms: 3100 })
  const limits = [outcome('b', { code: 'STEP_TIMEOUT', ms: 30_000 }), outcome('c', { code: 'MEMORY_LIMIT', ms: 3500 })]
  expect(verdict(late, ...limits, outcome('d', { end: 'result', ms: 9000 }))).toEqual(['0', '0', '1', '3', '2'])
})

it('names what was to be refused and gave a result', () => {
  expect(report(outcome('bomb.png', { expect: 'refuse', end: 'result', message: '1 pages' }))).toContain(
    '| children | bomb.png | 1 pages |',
  )
  expect(report(outcome('bomb.png', { expect: 'refuse' }))).toContain('Every file that must be refused was refused.')
})

it('names what was damaged and gave a result without a warning', () => {
  expect(report(outcome('cut.png', { expect: 'told', end: 'result', message: '1 pages' }))).toContain('| children | cut.png | 1 pages |')
  const told = report(outcome('cut.png', { expect: 'told', end: 'result', warnings: 1 }), outcome('cut.jpg', { expect: 'told' }))
  expect(told).toContain('No damaged file was shown without a word.')
})
