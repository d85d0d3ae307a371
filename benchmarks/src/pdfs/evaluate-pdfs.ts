// PDFs as ImageDoc, poppler and MuPDF draw them: every page on which ours differs from both, with the three beside each other.
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { variedPdfs } from '@imagedoc/fixtures'
import { temporaryFolder } from '../harness/workspace.ts'
import { type Judged, judge, sideBySide, type Verdict } from './judge.ts'
import { createMupdf, createOurs, createPoppler, type PdfReader } from './readers.ts'

const usage = `Compare how pages of PDFs are drawn by ImageDoc, pdftoppm and mutool (poppler-utils and mupdf-tools must be installed).

  pnpm evaluate pdfs [FOLDER|FILE]... [--count 150] [--seed 1] [--out FOLDER]

  FOLDER       further PDFs, every one below it
  --count N    made PDFs that use what the format offers. @default 150
  --seed S     of the made ones. @default 1
  --out FOLDER for the made PDFs and, of every page that differs, ours, poppler's and MuPDF's drawing side by side
`

/** `pnpm evaluate pdfs`. */
export async function evaluatePdfs(arguments_: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...arguments_],
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  await using folder = await temporaryFolder()
  const out = values.out ?? folder.path
  const files = [...(await makeFiles(join(out, 'made'), values)), ...(await findFiles(positionals))]
  await using ours = await createOurs()
  const scratch = join(folder.path, 'drawn')
  await mkdir(scratch, { recursive: true })
  const judged: Judged[] = []
  for (const file of files) {
    const pages = await compareFile(file, [ours, createPoppler(scratch), createMupdf(scratch)])
    for (const page of pages) await keep(page, values.out)
    judged.push(...pages.map((page) => ({ ...page, drawings: [] })))
  }
  process.stdout.write(table(judged, files.length))
}

async function makeFiles(folder: string, { seed, count }: { seed: string; count: string }): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const files: string[] = []
  for await (const { name, bytes } of variedPdfs(seed, Number(count))) {
    files.push(join(folder, name))
    await writeFile(join(folder, name), bytes)
  }
  return files
}

async function findFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) files.push(path)
    else
      files.push(
        ...(await readdir(path, { recursive: true }))
          .filter((name) => /\.pdf$/i.test(name))
          .sort()
          .map((name) => join(path, name)),
      )
  }
  return files
}

async function compareFile(file: string, [ours, poppler, mupdf]: readonly [PdfReader, PdfReader, PdfReader]): Promise<Judged[]> {
  const readings = [await ours.read(file), await poppler.read(file), await mupdf.read(file)] as const
  return judge(basename(file), readings)
}

const odd: ReadonlySet<Verdict> = new Set(['differs', 'missing', 'refused'])

async function keep(page: Judged, out: string | undefined): Promise<void> {
  const figures = page.shares.map((share) => (share === null ? '-' : `${(share * 100).toFixed(2)} %`)).join('  ')
  if (page.verdict !== 'same')
    process.stderr.write(`${page.verdict.padEnd(15)} ${figures.padEnd(28)} ${page.file} ${page.page} ${page.said}\n`)
  if (out === undefined || page.verdict === 'same') return
  const folder = join(out, page.verdict)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${page.file}-${page.page}.png`), await sideBySide(page.drawings))
}

/** Pages by verdict, then the odd ones. */
export function table(judged: readonly Judged[], files: number): string {
  const count = (verdict: Verdict): number => judged.filter((page) => page.verdict === verdict).length
  const rows = [
    ['as poppler or MuPDF shows them', count('same')],
    ['unlike both, who differ as well', count('readers-differ')],
    ['unlike both, who agree', count('differs')],
    ['shown by both, not by ours', count('missing')],
    ['refused, and shown by one of them at most', count('refused')],
    ['shown by ours alone', count('more')],
  ] as const
  const lines = rows.map(([name, pages]) => `| ${name} | ${pages} |`)
  const named = judged
    .filter(({ verdict }) => odd.has(verdict))
    .map(({ file, page, verdict, said }) => `- ${verdict}: ${file}, page ${page} ${said.join(' ')}`)
  return [`${judged.length} pages of ${files} files`, '', '| pages | |', '| --- | --- |', ...lines, '', ...named, ''].join('\n')
}
