import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../scripts/workspace-packages.ts'

const isForeign = (path: string): boolean => /(^|\/)(node_modules|dist)(\/|$)/.test(path)

const pages = globSync(['*.md', '{.changeset,docs,e2e,examples,fixtures,packages}/**/*.md'], {
  cwd: root,
  exclude: isForeign,
}).sort()

const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Without blocks of code, in which brackets are no links and `#` begins no heading. */
const prose = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '')

/** Where links lead, without code between backquotes. */
function linksOf(text: string): string[] {
  return [
    ...prose(text)
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(<?([^)\s>]+)>?\)|^\[[^\]]+\]: (\S+)/gm),
  ].map(([, a, b]) => a ?? b ?? '')
}

/** What GitHub makes of headings: lower case, without punctuation, hyphens for blanks; the second of a name is `name-1`. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>()
  return [...prose(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
    const name = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return count === 0 ? name : `${name}-${count}`
  })
}

/** Why a link leads nowhere; undefined when it does not. */
function broken(link: string, page: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined
  const [path = '', anchor] = decodeURI(link).split('#')
  const target = path === '' ? join(root, page) : resolve(root, dirname(page), path)
  if (relative(root, target).startsWith('..') || !existsSync(target)) return `${page}: ${link} is not there`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(readFileSync(target, 'utf8')).includes(anchor) ? undefined : `${page}: ${link} names no heading`
}

describe('the pages', () => {
  it('link to files and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(30)
    const links = pages.flatMap((page) => linksOf(read(page)).map((link) => ({ link, page })))
    expect(links.length).toBeGreaterThan(40)
    expect(links.flatMap(({ link, page }) => broken(link, page) ?? [])).toEqual([])
  })

  it('name only files of the repository that are there', () => {
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/(?<![\w/.@*-])((?:docs|examples|packages|scripts|e2e|fixtures|benchmarks)\/[\w./-]+\w)/g)].map(
        ([, path = '']) => ({ page, path }),
      ),
    )
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([])
  })

  it('of docs/ stand all in the list of the README', () => {
    const listed = linksOf(read('README.md'))
    expect(readdirSync(join(root, 'docs')).filter((name) => !listed.includes(`docs/${name}`))).toEqual([])
  })

  it('name only variables that something reads', () => {
    const sources = [
      'packages/**/src/**/*.ts',
      'run.mjs',
      'scripts/**/*.ts',
      '{packages,e2e,examples}/**/test/**/*.ts',
      '.ci/**/*',
      'benchmarks/**/*.ts',
    ]
    const code = globSync(sources, { cwd: root, exclude: isForeign })
      .filter((path) => statSync(join(root, path)).isFile())
      .map(read)
      .join('\n')
    const names = pages.flatMap((page) =>
      [...read(page).matchAll(/\bIMAGEDOC_[A-Z\d_]*[A-Z\d]\b(?![_*…])/g)].map(([name]) => ({ page, name })),
    )
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
  })
})

it.each([
  ['a file', '[x](docs/nothing.md)', 'README.md: docs/nothing.md is not there'],
  ['a heading', '[x](docs/errors.md#nothing)', 'README.md: docs/errors.md#nothing names no heading'],
  ['a place outside of the repository', '[x](../../etc)', 'README.md: ../../etc is not there'],
])('a link to %s that is not there is found', (_, text, message) => {
  expect(linksOf(text).map((link) => broken(link, 'README.md'))).toEqual([message])
})
