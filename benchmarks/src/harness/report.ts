import type { Figure } from './figure.ts'

const head = '| figure | target | measured | met | command | load before / after |'
const rule = '| --- | --- | --- | --- | --- | --- |'
const opening = '<!-- figures: written by `pnpm bench --write`, do not edit up to the closing mark -->'
const closing = '<!-- /figures -->'

/** One row: the figure's name comes first and says which row it replaces. */
export function row(figure: Figure, at: { command: string; load: string }): string {
  const met = figure.met === undefined ? '' : figure.met ? 'yes' : '**no**'
  return `| ${[figure.what, figure.target, figure.measured, met, `\`${at.command}\``, at.load].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The page with these rows in the place of those of the same name; new ones at the end. What people wrote around the table stays. */
export function withRows(page: string, rows: readonly string[]): string {
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)]
  if (start < 0 || end < start) throw new Error('docs/benchmarks.md has lost the marks between which the table stands')
  const table = new Map<string, string>()
  const known = page.slice(start + opening.length, end).split('\n')
  for (const line of [...known.filter((text) => text.startsWith('| ') && text !== head && text !== rule), ...rows])
    table.set(nameOf(line), line)
  return `${page.slice(0, start)}${opening}\n\n${[head, rule, ...table.values()].join('\n')}\n\n${page.slice(end)}`
}

const nameOf = (line: string): string => line.split(' | ')[0] ?? ''
