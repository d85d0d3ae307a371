import { describe, expect, it } from 'vitest'
import { characterErrors, pageErrors, summed } from '../src/metrics/cer.ts'
import { normalise } from '../src/metrics/normalise.ts'

const block = (text: string, floating = false) => ({ floating, lines: text.split('\n') })

describe('normalise', () => {
  it('composes accents', () => expect(normalise('ac\u0327a\u0303o')).toBe('a\u00e7\u00e3o'))
  it('makes quotes and dashes plain', () => expect(normalise('“a” ‘b’ «c» d–e—f')).toBe(`"a" 'b' "c" d-e-f`))
  it('makes every run of white space one blank and trims', () => expect(normalise(' a \n\n\tb\f c\u00a0d ')).toBe('a b c d'))
  it('keeps the long s', () => expect(normalise('ſó')).toBe('ſó'))
})

describe('characterErrors', () => {
  it('counts substitutions, insertions and deletions over the length of the truth', () => {
    expect(characterErrors('abxde', 'abcde')).toEqual({ edits: 1, length: 5, rate: 0.2 })
    expect(characterErrors('abcdef', 'abcde').edits).toBe(1)
    expect(characterErrors('', 'abcde').rate).toBe(1)
  })
  it('passes over what normalisation makes equal', () => expect(characterErrors('“sim”\n— disse', '"sim" - disse').edits).toBe(0))
  it('may be more than one where too much was read', () => expect(characterErrors('abcdef', 'ab').rate).toBe(2))
  it('is nothing for an empty page left empty, and everything for one that was filled', () => {
    expect(characterErrors(' ', '').rate).toBe(0)
    expect(characterErrors('x', '').rate).toBe(1)
  })
})

describe('pageErrors', () => {
  const blocks = [block('CABEÇA', true), block('primeiro bloco'), block('segundo\nbloco'), block('17', true)]

  it('reads the lines of a block as one text', () => expect(pageErrors('CABEÇA primeiro bloco segundo bloco 17', blocks).edits).toBe(0))
  it('counts a floating block wherever it was read between blocks', () => {
    expect(pageErrors('primeiro bloco CABEÇA segundo bloco 17', blocks).edits).toBe(0)
    expect(pageErrors('17 CABEÇA primeiro bloco segundo bloco', blocks).edits).toBe(0)
    expect(pageErrors('primeiro bloco segundo bloco 17 CABEÇA', blocks).edits).toBe(0)
  })
  it('still counts a floating block that was not read', () =>
    expect(pageErrors('primeiro bloco segundo bloco 17', blocks).edits).toBe('CABEÇA '.length))
  it('counts the wrong order of blocks that do not float', () => {
    expect(pageErrors('CABEÇA segundo bloco primeiro bloco 17', blocks).edits).toBeGreaterThan(5)
  })
})

describe('summed', () => {
  it('weighs pages by their length', () => {
    const long = { edits: 10, length: 1000, rate: 0.01 }
    const short = { edits: 10, length: 10, rate: 1 }
    expect(summed([long, short])).toEqual({ edits: 20, length: 1010, rate: 20 / 1010 })
  })
})
