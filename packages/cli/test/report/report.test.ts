import { initialRunState, type RunEvent, type RunState, reduceRun } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { barLine } from '../../src/report/bar-reporter.ts'
import { bytesInWords } from '../../src/report/bytes-in-words.ts'
import { duration, endingLine, warningLines } from '../../src/report/ending-line.ts'
import { failureList } from '../../src/report/failure-list.ts'
import { typeInWords } from '../../src/report/operation-text.ts'
import { printableName, printableText } from '../../src/report/printable.ts'
import { progressOf } from '../../src/report/run-progress.ts'
import { textTable } from '../../src/report/text-table.ts'

const page = (number: number) => ({ source: null, page: number, part: [], copy: 0 })
const stateAfter = (...events: object[]) =>
  events.reduce<RunState>(
    (state, event, index) => reduceRun(state, { schemaVersion: 2, seq: index + 1, at: '', ...event } as RunEvent),
    initialRunState,
  )
const started = {
  type: 'run-started',
  pipeline: null,
  steps: [
    { id: 'pages', use: 'document.pages' },
    { id: 'words', use: 'ocr.recognize' },
  ],
}

describe('progress', () => {
  it('counts pages and the parts of pages that are in work, over all steps', () => {
    const state = stateAfter(
      started,
      { type: 'pages-known', step: 'pages', pages: 4 },
      { type: 'pages-known', step: 'words', pages: 4 },
      ...[0, 1, 2].map((number) => ({ type: 'cache-hit', step: 'pages', page: page(number) })),
      { type: 'page-done', step: 'words', page: page(0), ms: 1 },
      { type: 'step-started', step: 'words', page: page(1) },
      { type: 'step-progress', step: 'words', page: page(1), done: 0.5 },
    )
    expect(progressOf(state)).toEqual({ fraction: 4.5 / 8, at: 'words 1/4' })
  })

  it('begins at 0 and is whole at the end, whatever was not needed', () => {
    expect(progressOf(stateAfter(started))).toEqual({ fraction: 0, at: '' })
    expect(progressOf(stateAfter(started, { type: 'run-ended', status: 'done', ms: 1 })).fraction).toBe(1)
  })

  it('stays where it was when the run was cancelled or failed', () => {
    const half = [started, { type: 'pages-known', step: 'pages', pages: 1 }, { type: 'page-done', step: 'pages', page: page(0), ms: 1 }]
    for (const status of ['cancelled', 'failed'])
      expect(progressOf(stateAfter(...half, { type: 'run-ended', status, ms: 1 })).fraction, status).toBe(0.5)
  })

  it('is a bar with a name, a percentage and the place', () => {
    const state = stateAfter(
      started,
      { type: 'cache-hit', step: 'pages', page: page(0) },
      { type: 'step-started', step: 'words', page: page(0) },
    )
    const line = barLine(`${'folder/'.repeat(10)}letter.tif`, state)
    expect(line).toMatch(/^….{26}r\.tif █{10}.*░{10}.* {2}50 % {2}words$/)
  })
})

describe('names of files and messages that hold control characters', () => {
  const name = 'a\u001b[2J\n1 input done.\u009b.png'
  const shown = 'a\\x1b[2J\\n1 input done.\\x9b.png'

  it('stay on their line and do nothing to the terminal', () => {
    const summary = { input: name, status: 'done' as const, outputs: [{ name: 'p', path: 'p', digest: 'sha256:1' as const }], steps: [] }
    expect(endingLine(summary, { ms: 1, folder: `out/${name}` })).toContain(`1 file in out/${shown}`)
    expect(endingLine(summary, { ms: 1, folder: 'out' })).toContain(` ${shown}  `)
    expect(failureList([{ ...summary, status: 'cancelled' }])).toEqual(['1 input not finished:', `  ${shown}`])
    expect(warningLines(name, [{ severity: 'warning', code: 'X', message: 'm' }])).toEqual([`warning   ${shown}  X: m`])
    expect(barLine(name, initialRunState)).toContain(shown)
  })

  it('are written out wherever they stand in a text, while its own colours and line ends stay', () => {
    expect(printableText('\u001b[31mred\u001b[39m\n\t"\u001b]0;title\u0007"')).toBe('\u001b[31mred\u001b[39m\n\t"\\x1b]0;title\\x07"')
    // A name that would be shown as `picturegnp.exe`, one of two lines, and half a character.
    expect(printableName('bidi\u202egnp.exe\nnext\u2028\ud800')).toBe('bidi\\u{202e}gnp.exe\\nnext\\u{2028}\\u{d800}')
    expect(printableText('a\u202eb')).toBe('a\\u{202e}b')
  })
})

describe('the list of failures', () => {
  it('gives code, message and place of each, and says what was skipped or not finished', () => {
    const step = {
      id: 'english',
      use: 'translate.text',
      key: '',
      cache: 'miss' as const,
      pages: { hit: 0, miss: 1, skipped: 2, failed: 0 },
      ms: 1,
    }
    const base = { outputs: [], steps: [step] }
    expect(
      failureList([
        { ...base, input: 'a', status: 'done' },
        { ...base, input: 'b', status: 'failed', error: { code: 'INVALID_PIPELINE', message: 'one\ntwo', path: 'steps[0]' } },
        { ...base, input: 'c', status: 'partial' },
        { ...base, input: 'd', status: 'cancelled' },
      ]),
    ).toEqual([
      '1 of 4 inputs failed:',
      '  b',
      '    INVALID_PIPELINE: one\n    two (steps[0])',
      '1 input with skipped pages:',
      '  c: english 2',
      '1 input not finished:',
      '  d',
    ])
  })
})

describe('words for figures', () => {
  it('are short', () => {
    expect([duration(42), duration(1234), duration(185_000)]).toEqual(['42 ms', '1.2 s', '3 min 5 s'])
    expect([bytesInWords(0), bytesInWords(999), bytesInWords(13_240), bytesInWords(2e9)]).toEqual([
      '0 bytes',
      '999 bytes',
      '13.2 KB',
      '2.0 GB',
    ])
    expect(
      textTable([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toEqual(['a    bb', 'ccc  d'])
  })

  it('say each warning once, and on how many pages it came, whatever steps reported it', () => {
    const warning = { severity: 'warning' as const, code: 'SKEW', message: 'Doubtful.' }
    const of = (number: number, step: string) => ({ ...warning, page: page(number), step })
    expect(warningLines('a.tif', [warning, warning, { ...warning, severity: 'info' }])).toEqual(['warning   a.tif  SKEW: Doubtful.'])
    expect(warningLines('a.tif', [of(0, 'words'), of(0, 'pdf')])).toEqual(['warning   a.tif  SKEW: Doubtful.'])
    expect(warningLines('a.tif', [of(0, 'words'), of(1, 'words'), of(1, 'pdf')])).toEqual(['warning   a.tif  SKEW: Doubtful. (on 2 pages)'])
    const many = Array.from({ length: 8 }, (_, index) => ({ ...warning, message: `No. ${index}` }))
    expect(warningLines('a.tif', many).at(-1)).toBe('warning   a.tif  and 3 more: see receipt.json')
  })

  it('tell what a parameter takes', () => {
    expect(typeInWords({ type: 'number', minimum: -360, maximum: 360, unit: 'deg' })).toBe('number -360 to 360, deg')
    expect(typeInWords({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).toBe('whole number from 1')
    expect(typeInWords({ anyOf: [{ type: 'number', minimum: 0 }, { type: 'string' }], unit: 'px' })).toBe('number from 0 | text, px')
    expect(typeInWords({ type: 'array', items: { enum: ['a', 'b'] }, minItems: 1 })).toBe('list of "a" | "b" from 1')
  })
})
