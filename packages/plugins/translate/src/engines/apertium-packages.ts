import { parseLanguage } from '../language.ts'
import { findPath, type Mode } from './apertium-path.ts'

/** Debian's packages of the pairs between the languages that archives here ask for. @see https://packages.debian.org/apertium */
const packages = [
  'apertium-eng-spa',
  'apertium-eng-cat',
  'apertium-es-pt',
  'apertium-por-cat',
  'apertium-spa-cat',
  'apertium-fr-es',
  'apertium-fra-cat',
  'apertium-spa-ita',
  'apertium-cat-ita',
  'apertium-es-gl',
  'apertium-pt-gl',
  'apertium-en-gl',
  'apertium-es-ro',
  'apertium-eu-es',
  'apertium-oc-es',
]

/** How a way between two languages is installed. */
export function installRemedy(from: string | undefined, to: string): string {
  const [source, target] = [from === undefined ? undefined : parseLanguage(from), parseLanguage(to)]
  const path = source && target ? findPath(packages.flatMap(bothDirections), source, target) : undefined
  if (!path)
    return 'Install the pairs on the way, as in: apt-get install apertium apertium-es-pt apertium-eng-spa; apertium -l lists what is there.'
  return `Install it: apt-get install ${['apertium', ...new Set(path.map(({ name }) => name))].join(' ')}.`
}

function bothDirections(name: string): Mode[] {
  const [, a = '', b = ''] = name.split('-')
  const [one, other] = [parseLanguage(a), parseLanguage(b)]
  return one && other
    ? [
        { name, from: one, to: other },
        { name, from: other, to: one },
      ]
    : []
}
