import { type Reading, type Total, total } from './measure.ts'

/** The readings of one reader, in the order of the pages. */
export interface Column {
  name: string
  readings: readonly Reading[]
}

/** What issue 4 asks for, CER by length. */
const targets: Readonly<Record<string, number>> = { scan: 0.03, aged: 0.1, photo: 0.1 }

/** One Markdown table of all profiles by length, then one of the pages of each profile. */
export function report(columns: readonly Column[]): string {
  const profiles = [...new Set(columns.flatMap((column) => column.readings.map((reading) => reading.page.profile)))]
  const ofProfile = (profile: string) => {
    return columns.map(({ name, readings }) => ({ name, readings: readings.filter((reading) => reading.page.profile === profile) }))
  }
  const summary = table(
    ['profile', 'target', ...heads(columns)],
    profiles.map((profile) => [
      profile,
      String(targets[profile] ?? ''),
      ...ofProfile(profile).flatMap(({ readings }) => cells(total(readings))),
    ]),
  )
  const details = profiles.map((profile) => {
    const parts = ofProfile(profile)
    const names = parts[0]?.readings.map((reading) => reading.page.name) ?? []
    const rows = names.map((name, row) => [name, ...parts.flatMap(({ readings }) => cells(readings[row]!))])
    rows.push(['by length', ...parts.flatMap(({ readings }) => cells(total(readings)))])
    return `### ${profile}\n\n${table(['page', ...heads(columns)], rows)}`
  })
  return [summary, ...details, ...failures(columns)].join('\n\n')
}

const heads = (columns: readonly Column[]) => columns.flatMap(({ name }) => [`${name}: CER`, 'bag F1', 's a page'])

const cells = ({ errors, f1, ms }: Total) => [errors.rate.toFixed(3), f1.toFixed(3), (ms / 1000).toFixed(1)]

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (fields: readonly string[]) => `| ${fields.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function failures(columns: readonly Column[]): string[] {
  const failed = columns.flatMap(({ name, readings }) =>
    readings.filter((reading) => reading.failure).map((reading) => ({ name, reading })),
  )
  if (failed.length === 0) return []
  const lines = failed.map(({ name, reading }) => `- ${reading.page.profile}/${reading.page.name} (${name}): ${reading.failure}`)
  return [`Failed, and counted as empty text:\n\n${lines.join('\n')}`]
}

const opening = '<!-- evaluation: written by `pnpm evaluate --write`, do not edit up to the closing mark -->'
const closing = '<!-- /evaluation -->'

/** Put the tables between the marks of a page, or make the page; what people wrote around them stays. */
export function withReport(existing: string | undefined, tables: string): string {
  const part = `${opening}\n\n${tables}\n\n${closing}`
  if (existing === undefined) return `${introduction}\n${part}\n`
  const [start, end] = [existing.indexOf(opening), existing.indexOf(closing)]
  if (start < 0 || end < start) throw new Error('docs/evaluation.md has lost the marks between which the tables stand')
  return existing.slice(0, start) + part + existing.slice(end + closing.length)
}

const introduction = `# How well pages are read

Text of the pipeline \`examples/pipelines/archive-page.json\` (the same for every page) against the exact truth of the pages. CER is edit
distance over length of the truth after NFC, plain quotes and dashes, white space as one blank; a floating block (running head, page number,
caption) counts where it fits best. Bag F1 compares the two bags of words, blind to order. Totals are weighted by the length of the truth.
Native tesseract reads the untouched pages (\`por\`, PSM 3, 300 dpi). Reproduce with \`pnpm evaluate ../shared/corpus/pages --baseline\`.
`
