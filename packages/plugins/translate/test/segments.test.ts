import { describe, expect, it } from 'vitest'
import { assemble, segment } from '../src/segments.ts'

describe('segment', () => {
  it('parts at empty lines and form feeds, and joins the lines of a paragraph', () => {
    expect(segment('One\ntwo\n\nThree\fFour', 'join')).toEqual({ segments: ['One two', 'Three', 'Four'], joints: ['', '\n\n', '\f', ''] })
  })

  it('parts at every line when lines are kept', () => {
    expect(segment('One\ntwo\n\nThree', 'keep').segments).toEqual(['One', 'two', 'Three'])
  })

  it('gives the white space between segments back exactly', () => {
    for (const text of ['', ' ', '\f\f', '\n\n One\t two \n \n\n  Three\u00a0x\f\n\fFour\n', 'a\r\n\r\nb', '\n']) {
      for (const lines of ['join', 'keep'] as const) {
        const parts = segment(text, lines)
        expect(parts.joints).toHaveLength(parts.segments.length + 1)
        expect(assemble(parts, parts.segments)).toBe(text)
        expect(parts.segments.every((one) => one.trim() === one && one !== '')).toBe(true)
      }
    }
  })

  it('takes time in proportion to the text, also for very long blanks', () => {
    const text = `a${' '.repeat(2_000_000)}b\n\n${'c\n'.repeat(500_000)}`
    const started = performance.now()
    expect(segment(text, 'keep').segments).toHaveLength(500_001)
    expect(performance.now() - started).toBeLessThan(3000)
  })
})
