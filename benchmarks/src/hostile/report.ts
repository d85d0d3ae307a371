import { LIMIT_MS, type Outcome } from './host.ts'

/** A refusal is due within this. */
const REFUSAL_MS = 3000

/** Markdown: the verdict, outcomes by code, the slowest files, and each file that should have been refused and was not. */
export function hostileReport(outcomes: Readonly<Record<string, readonly Outcome[]>>, at: { machine: string; cases: number }): string {
  const names = Object.keys(outcomes)
  const all = Object.entries(outcomes)
  const codes = [...new Set(all.flatMap(([, list]) => list.map(labelOf)))].sort()
  const count = (list: readonly Outcome[], label: string): string =>
    String(list.filter((outcome) => labelOf(outcome) === label).length || '')
  const verdict = all.map(([name, list]) => {
    const late = list.filter((outcome) => outcome.end === 'code' && outcome.code !== 'STEP_TIMEOUT' && outcome.ms > REFUSAL_MS)
    const of = (end: Outcome['end']): string => String(list.filter((outcome) => outcome.end === end).length)
    const slow = Math.max(0, ...list.map((outcome) => outcome.ms))
    const memory = Math.max(0, ...list.map((outcome) => outcome.rssMB || 0))
    return [
      name,
      of('crash'),
      of('hang'),
      of('result'),
      of('code'),
      String(late.length),
      `${(slow / 1000).toFixed(1)} s`,
      `${memory.toFixed(0)} MB`,
    ]
  })
  const slowest = all.flatMap(([name, list]) =>
    list
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, 8)
      .map((outcome) => [name, outcome.name, labelOf(outcome), `${(outcome.ms / 1000).toFixed(2)} s`]),
  )
  const accepted = all.flatMap(([name, list]) =>
    list
      .filter((outcome) => outcome.expect === 'refuse' && outcome.end === 'result')
      .map((outcome) => [name, outcome.name, outcome.message]),
  )
  const silent = all.flatMap(([name, list]) =>
    list
      .filter((outcome) => outcome.expect === 'told' && outcome.end === 'result' && outcome.warnings === 0)
      .map((outcome) => [name, outcome.name, outcome.message]),
  )
  const lost = all.flatMap(([name, list]) =>
    list
      .filter((outcome) => outcome.end === 'crash' || outcome.end === 'hang')
      .map((outcome) => [name, outcome.name, outcome.end, outcome.message]),
  )
  return [
    `${at.cases} files through \`document.pages\` and \`image.grayscale\` to PNG; limit ${LIMIT_MS / 1000} s a step and page. ${at.machine}.`,
    table(['isolation', 'host crashes', 'hangs', 'results', 'codes', 'refused after 3 s', 'slowest', 'host RSS'], verdict),
    table(
      ['outcome', ...names],
      codes.map((code) => [code, ...all.map(([, list]) => count(list, code))]),
    ),
    `The slowest:\n\n${table(['isolation', 'file', 'outcome', 'time'], slowest)}`,
    accepted.length > 0
      ? `Should have been refused, but gave a result:\n\n${table(['isolation', 'file', 'result'], accepted)}`
      : 'Every file that must be refused was refused.',
    silent.length > 0
      ? `Damaged, and shown without a word:\n\n${table(['isolation', 'file', 'result'], silent)}`
      : 'No damaged file was shown without a word.',
    lost.length > 0 ? `Took the host with it:\n\n${table(['isolation', 'file', 'how', 'last words'], lost)}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

const labelOf = (outcome: Outcome): string => (outcome.end === 'code' ? outcome.code : outcome.end)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
