import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measure } from './evaluate/measure.ts'
import { type EvaluationPage, findPages } from './evaluate/pages.ts'
import type { Reader } from './evaluate/reader.ts'
import { type Column, report, withReport } from './evaluate/report.ts'
import { createTesseractReader } from './evaluate/tesseract-reader.ts'

const root = new URL('../../', import.meta.url)
const page = new URL('docs/evaluation.md', root)

const usage = `Compare the text of pages with their truth: DIR/PROFILE/NAME.jpg beside NAME.json.

  pnpm evaluate pdfs [FOLDER]...  how pages of PDFs are drawn (its own --help)
  pnpm evaluate DIR [--pipeline FILE] [--baseline | --only-baseline] [--profile scan]... [--language por] [--write]

  --pipeline FILE    @default examples/pipelines/archive-page.json
  --baseline         also read with native tesseract; --only-baseline: with nothing else
  --profile NAME     only this folder; may be repeated
  --write            put the tables into docs/evaluation.md
`

async function readAll(reader: Reader, pages: readonly EvaluationPage[]): Promise<Column> {
  await using open = reader
  const readings: Column['readings'][number][] = []
  for (const each of pages) {
    const reading = await measure(open, each)
    readings.push(reading)
    const figures = `CER ${reading.errors.rate.toFixed(3)}  F1 ${reading.f1.toFixed(3)}  ${(reading.ms / 1000).toFixed(1)} s`
    process.stderr.write(`${open.name}  ${each.profile}/${each.name}  ${reading.failure ?? figures}\n`)
  }
  return { name: open.name, readings }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pipeline: { type: 'string' },
      baseline: { type: 'boolean', default: false },
      'only-baseline': { type: 'boolean', default: false },
      profile: { type: 'string', multiple: true },
      language: { type: 'string', default: 'por' },
      write: { type: 'boolean', default: false },
    },
  })
  const [directory, ...others] = positionals
  if (directory === undefined || others.length > 0) {
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  const pages = await findPages(directory, values.profile)
  const columns: Column[] = []
  if (!values['only-baseline']) {
    // Loaded here only, so that the base line can be measured without the packages under test.
    const { createPipelineReader } = await import('./evaluate/pipeline-reader.ts')
    columns.push(
      await readAll(
        await createPipelineReader(values.pipeline ?? fileURLToPath(new URL('examples/pipelines/archive-page.json', root))),
        pages,
      ),
    )
  }
  if (values.baseline || values['only-baseline']) columns.push(await readAll(createTesseractReader(values.language), pages))
  const tables = report(columns)
  process.stdout.write(`${tables}\n`)
  if (!values.write) return
  await mkdir(new URL('.', page), { recursive: true })
  await writeFile(page, withReport(existsSync(page) ? await readFile(page, 'utf8') : undefined, tables))
}

if (process.argv[2] === 'pdfs') {
  const { evaluatePdfs } = await import('./pdfs/evaluate-pdfs.ts')
  await evaluatePdfs(process.argv.slice(3))
} else await main()
