import { describe, expect, it } from 'vitest'
import { installRemedy } from '../src/engines/apertium-packages.ts'
import { findPath, modesTowards, parseModes } from '../src/engines/apertium-path.ts'
import { type Language, parseLanguage } from '../src/language.ts'

const modes = parseModes(
  '  eng-spa\n  es-pt\n  es-pt_BR\n  pt-es\n  spa-eng\n  spa-eng_US\n  por-cat\n  cat-eng\n  spa-eng-tagger\n\n  ca-fr\n',
)
const language = (code: string): Language => parseLanguage(code) as Language
const path = (from: string, to: string): string[] | undefined => findPath(modes, language(from), language(to))?.map(({ name }) => name)

describe('findPath', () => {
  it('knows a language by any of its codes', () => {
    for (const from of ['pt', 'por', 'pt-BR', 'pt_PT', 'PT']) expect(path(from, 'spa')).toEqual(['pt-es'])
    for (const to of ['en', 'eng', 'en-GB']) expect(path('es-MX', to)).toEqual(['spa-eng'])
  })

  it('takes the mode of the region if there is one', () => {
    expect(path('es', 'pt-BR')).toEqual(['es-pt_BR'])
    expect(path('es', 'pt-PT')).toEqual(['es-pt'])
    expect(path('por', 'en-US')).toEqual(['pt-es', 'spa-eng_US'])
  })

  it('goes over Spanish where it can, else over another language', () => {
    expect(path('pt', 'en')).toEqual(['pt-es', 'spa-eng'])
    expect(path('pt', 'fr')).toEqual(['por-cat', 'ca-fr'])
  })

  it('finds no way of three hops, to nowhere, or to the language itself', () => {
    expect(path('en', 'fr')).toBeUndefined()
    expect(path('pt', 'de')).toBeUndefined()
    expect(path('pt-PT', 'pt-BR')).toBeUndefined()
  })

  it('lists the modes of every way to a language', () => {
    expect(
      modesTowards(modes, language('en'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['cat-eng', 'pt-es', 'spa-eng'])
  })
})

describe('installRemedy', () => {
  it('names the packages of the way', () => {
    expect(installRemedy('en', 'pt-BR')).toBe('Install it: apt-get install apertium apertium-eng-spa apertium-es-pt.')
    expect(installRemedy('fra', 'cat')).toBe('Install it: apt-get install apertium apertium-fra-cat.')
    expect(installRemedy(undefined, 'en')).toContain('apertium -l')
  })
})
