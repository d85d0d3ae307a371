import { describe, expect, it } from 'vitest'
import { suggest } from '../../src/plugin/suggest.ts'

const names = ['image.crop', 'image.blur', 'pdf.searchable', 'ocr.recognize', 'fax']

describe('a suggestion', () => {
  it.each([
    ['image.corp', 'image.crop'],
    ['Image.Blur', 'image.blur'],
    ['crop', 'image.crop'],
    ['ocr.recognise', 'ocr.recognize'],
    ['searchable', 'pdf.searchable'],
    ['fx', 'fax'],
    ['nothing.like.it', undefined],
    ['f', undefined],
    ['', undefined],
  ])('for %s is %s', (word, expected) => {
    expect(suggest(word, names)).toBe(expected)
  })

  it('is the nearest, wherever it stands, and of equally near ones the first', () => {
    expect(suggest('blurr', ['blurring', 'blurred', 'blur', 'blurs'])).toBe('blur')
    expect(suggest('stap', ['step', 'stop', 'step2'])).toBe('step')
  })

  it('is not looked for where nobody can have meant one: a name of more than 64 letters', () => {
    const long = 'a'.repeat(64)
    expect(suggest(`${long}b`, [`${long}c`])).toBeUndefined()
    expect(suggest(long, [`${long.slice(1)}b`])).toBe(`${long.slice(1)}b`)
  })
})
