// npm run demo: a generated scan of three pages through a JSON pipeline, again from the cache, and with one step changed.
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'demo-output')
const pipeline = join(root, 'examples', 'pipelines', 'searchable-pdf.json')

const say = (line: string): void => console.log(line)

/** Runs the command as a person would; gives how long it took. */
function imagedoc(...args: string[]): number {
  const bin = join(root, 'packages', 'cli', 'src', 'bin.ts')
  const started = performance.now()
  const { status } = spawnSync(process.execPath, ['--conditions=@imagedoc/source', bin, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  return performance.now() - started
}

await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })

say('1. Making a scan of three pages (skewed, noisy, unevenly lit, with stains) ...')
const layouts = ['letter', 'one-column', 'two-column'] as const
const pages = await Promise.all(
  layouts.map((layout, seed) =>
    renderPage({ seed, layout, dpi: 200, degradation: { from: 'scan', skewDegrees: [1.4, -0.9, 0.6][seed] ?? 0 } }),
  ),
)
await writeFile(join(folder, 'scan.pdf'), await scannedPdf(pages))
await writeFile(join(folder, 'truth.txt'), pages.map((page) => page.truth.text).join('\n\f'))

const run = (...more: string[]): number =>
  imagedoc('run', relative(root, pipeline), 'demo-output/scan.pdf', '-o', 'demo-output/result', '--cache', 'demo-output/cache', ...more)

say('\n2. imagedoc run examples/pipelines/searchable-pdf.json demo-output/scan.pdf -o demo-output/result')
const first = run()
say('\n3. The same again: every result comes from the cache.')
const second = run()
say('\n4. With one step changed (--set clean.window=31): what stands above it comes from the cache.')
const third = run('--set', 'clean.window=31', '--force')

const text = await readFile(join(folder, 'result', 'scan.pdf', 'text.txt'), 'utf8')
say(
  `\nThe first lines that were read:\n\n${text
    .split('\n')
    .slice(0, 8)
    .map((line) => `    ${line}`)
    .join('\n')}\n`,
)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
say(`First run ${seconds(first)}, again ${seconds(second)}, one step changed ${seconds(third)} (with the start of the command).`)
say('Look at demo-output/scan.pdf and, beside its receipt, demo-output/result/scan.pdf/searchable.pdf, text.txt and clean-0001.png.')
