// Hostile files through createImageDoc, in this process and in children: no crash, no hang, each a result or a code.
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { hostile } from '@imagedoc/fixtures'
import { load, machine } from './harness/machine.ts'
import { temporaryFolder } from './harness/workspace.ts'
import { type HostileCase, type Outcome, runHost } from './hostile/host.ts'
import { hostileReport } from './hostile/report.ts'

const page = new URL('../../docs/hostile.md', import.meta.url)
const usage = `Give files that nobody should trust to ImageDoc, in this process and in children.

  pnpm hostile [DIR]... [--count 200] [--seed 1] [--isolation in-process|children] [--write]

  DIR          further files, every one below it; a result or a code is as good
  --count N    made files: every known trick, then mutations of healthy ones. @default 200
  --only NAME  only files whose name holds this; may be repeated
  --write      put the tables into docs/hostile.md
`

async function collect(folder: string, options: { seed: string; count: number; directories: readonly string[] }): Promise<HostileCase[]> {
  const cases: HostileCase[] = []
  for (const file of await hostile(options.seed, options.count)) {
    const path = join(folder, file.name)
    await writeFile(path, file.bytes)
    cases.push({ name: file.name, path, expect: file.expect })
  }
  for (const directory of options.directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((each) => each.isFile())) {
      cases.push({ name: `${entry.name} (given)`, path: join(entry.parentPath, entry.name), expect: 'any' })
    }
  }
  return cases
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      isolation: { type: 'string', multiple: true, default: ['in-process', 'children'] },
      only: { type: 'string', multiple: true },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  await using folder = await temporaryFolder()
  const { seed, only } = values
  const all = await collect(folder.path, { seed, count: Number(values.count), directories: positionals })
  const cases = only ? all.filter(({ name }) => only.some((part) => name.includes(part))) : all
  const outcomes: Record<string, Outcome[]> = {}
  const before = load()
  for (const isolation of values.isolation) outcomes[isolation] = await runHost(cases, isolation)
  const told = `${machine()}; load before and after: ${before}, ${load()}`
  const report = hostileReport(outcomes, { machine: told, cases: cases.length })
  process.stdout.write(report)
  if (values.write) await writeFile(page, withReport(existsSync(page) ? await readFile(page, 'utf8') : '', report))
  const bad = Object.values(outcomes)
    .flat()
    .filter((outcome) => outcome.end === 'crash' || outcome.end === 'hang')
  if (bad.length > 0) process.exitCode = 1
}

const mark = '<!-- hostile: written by `pnpm hostile --write`, nothing is kept below -->'

const withReport = (existing: string, report: string): string =>
  `${existing.split(mark)[0]?.trimEnd() || '# Hostile files'}\n\n${mark}\n\n${report}`

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
