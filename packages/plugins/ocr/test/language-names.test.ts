import { expect, it } from 'vitest'
import { languageMeant } from '../src/engines/language-names.ts'

it.each([
  ['Portuguese', ' Portuguese is "por".'],
  ['português', ' Portuguese is "por".'],
  ['pt', ' Portuguese is "por".'],
  ['pt-BR', ' Portuguese is "por".'],
  ['pt-PT', ' Portuguese is "por".'],
  ['en', ' English is "eng".'],
  ['German', ' German is "deu".'],
  ['Deutsch', ' German is "deu".'],
  ['el', ' Greek is "ell".'],
  ['fr_FR', ' French is "fra".'],
  ['zh-Hans', ' Simplified Chinese is "chi_sim".'],
])('%s is understood', (word, said) => {
  expect(languageMeant(word)).toBe(said)
})

it.each(['por', 'klingon', '', 'my-own-model'])('nothing is said of "%s"', (word) => {
  expect(languageMeant(word)).toBe('')
})
