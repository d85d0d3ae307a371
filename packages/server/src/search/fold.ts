/**
 * How text becomes words that compare: the same for what is stored and for what is looked for, in every language and on every driver, so no database's
 * own idea of a word is in it.
 */

/** Characters; a longer word counts as its beginning, here and there alike. */
const LONGEST = 40

/**
 * Accents and points that readers leave out: combining marks, Cyrillic titlo, Hebrew points, Arabic vowel signs and the stroke that stretches a word. Not the
 * marks of the scripts of India and South-East Asia, where they are letters, nor the voiced sound marks of kana.
 */
const marks =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single marks are what is looked for
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu

/** Seen only where a line is broken, or not at all. */
// biome-ignore lint/suspicious/noMisleadingCharacterClass: so it is
const invisible = /[\u00ad\u034f\u200b-\u200f\u2060\ufeff]/gu

/** Letters of Latin script that Unicode takes apart into nothing simpler. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ĸ: 'k',
  ŋ: 'n',
  ς: 'σ',
  ꝛ: 'r',
}
const letter = new RegExp(`[${Object.keys(letters).join('')}]`, 'gu')

/** Without case, accents, ligatures and long s; ready to be cut into words. */
export function foldText(text: string): string {
  if (isPlain(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(invisible, '')
    .toLowerCase()
    .replace(marks, '')
    .replace(letter, (found) => letters[found] ?? found)
    .normalize('NFC')
}

/** ASCII: most words of most pages. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false
  return true
}

/** Scripts that are written without spaces between words. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Bopomofo}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const APOSTROPHES = "'\u2018\u2019\u02bc\u02bb\uff07\u00b4`"
const HYPHENS = '\\-\u2010\u2011\u2e17'

/** One piece of folded text: a word with the apostrophes and hyphens within, or a run of a script without spaces. */
const piece = new RegExp(
  `(?<run>[${UNSPACED}][${UNSPACED}\\p{M}\u30fc]*)|(?<word>(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+(?:[${APOSTROPHES}${HYPHENS}](?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+)*)`,
  'gu',
)

/** A piece of text and where it stands in the folded text. */
export interface Piece {
  readonly kind: 'word' | 'run'
  readonly text: string
  /** Nothing stands before it, and nothing behind it. */
  readonly atStart: boolean
  readonly atEnd: boolean
}

/** Most words, folded: nothing to be cut. */
const whole = /^[a-z0-9]+$/

/** Cuts folded text. */
export function piecesOf(folded: string): Piece[] {
  if (whole.test(folded)) return [{ kind: 'word', text: folded, atStart: true, atEnd: true }]
  return Array.from(folded.matchAll(piece), (match) => ({
    kind: match.groups?.['run'] === undefined ? 'word' : 'run',
    text: match[0],
    atStart: match.index === 0,
    atEnd: match.index + match[0].length === folded.length,
  }))
}

const joiners = new RegExp(`[${APOSTROPHES}${HYPHENS}]`, 'gu')
const hyphen = new RegExp(`[${HYPHENS}]`, 'u')
const apostrophe = new RegExp(`[${APOSTROPHES}]`, 'gu')

/** What a word is found by: `l'été` by `lete`, `l` and `ete`; `well-known` by its parts and as one. */
export function tokensOfWord(word: string): string[] {
  const joined = word.replace(joiners, '')
  if (joined === word) return [bounded(word)]
  return [
    ...new Set([joined, ...word.split(joiners).filter(Boolean), ...word.split(hyphen).map((part) => part.replace(apostrophe, ''))]),
  ].map(bounded)
}

/** What must all be there for a word to be found: parts of a hyphenated one, since its hyphen may stand at the end of a line; `don't` as one. */
export function neededOfWord(word: string): string[] {
  return word.split(hyphen).map((part) => bounded(part.replace(apostrophe, '')))
}

/** Of a script without spaces: every two characters that stand together, and each by itself, which is what a single one is looked for by. */
export function tokensOfRun(characters: readonly string[], start: number): string[] {
  const [first = '', second] = [characters[start], characters[start + 1]]
  return second === undefined ? [first] : [first, first + second]
}

/** All twos of a run, or the one character that it is. */
export function neededOfRun(run: string): string[] {
  const characters = [...run]
  if (characters.length < 2) return characters
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

function bounded(token: string): string {
  return token.length <= LONGEST ? token : [...token].slice(0, LONGEST).join('')
}
