import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Measure } from './harness/figure.ts'
import { load, machine } from './harness/machine.ts'
import { row, withRows } from './harness/report.ts'

const page = new URL('../../docs/benchmarks.md', import.meta.url)

/** In the order of issue 4, section 6; then what the server adds. `redis` needs redis-server, `accuracy` tesseract and poppler, `chain`, `start`, `server`, `events`, `second-run`, `load`, `load-workers`, `s3-upload`, `fair`, `large-files`, `workers`, `queue`, `worker-memory` and `cached` a build, the last six also the servers of `.ci/servers/up`. */
const scripts: Readonly<Record<string, () => Promise<{ measure: Measure }>>> = {
  chain: () => import('./figures/chain.ts'),
  overhead: () => import('./figures/overhead.ts'),
  parallel: () => import('./figures/parallel.ts'),
  memory: () => import('./figures/memory.ts'),
  change: () => import('./figures/change.ts'),
  start: () => import('./figures/start.ts'),
  abort: () => import('./figures/abort.ts'),
  accuracy: () => import('./figures/accuracy.ts'),
  list: () => import('./figures/list.ts'),
  server: () => import('./figures/server.ts'),
  search: () => import('./figures/search.ts'),
  preview: () => import('./figures/preview.ts'),
  events: () => import('./figures/events.ts'),
  'second-run': () => import('./figures/second-run.ts'),
  load: () => import('./figures/load.ts'),
  'load-workers': () => import('./figures/load-workers.ts'),
  's3-upload': () => import('./figures/s3-upload.ts'),
  fair: () => import('./figures/fair.ts'),
  'large-files': () => import('./figures/large-files.ts'),
  workers: () => import('./figures/workers.ts'),
  queue: () => import('./figures/queue.ts'),
  'worker-memory': () => import('./figures/worker-memory.ts'),
  cached: () => import('./figures/cached.ts'),
  'page-scale': () => import('./figures/page-scale.ts'),
  scale: () => import('./figures/scale.ts'),
  'scale-mongodb': () => import('./figures/scale-mongodb.ts'),
}

const usage = `Measure what docs/benchmarks.md reports: ratios of one run, interleaved, medians.

  pnpm bench [NAME]... [--quick] [--write]

  NAME      ${Object.keys(scripts).join(', ')}; all when none is named
  --quick   few rounds and small inputs, to try the scripts; never written
  --write   put the figures into docs/benchmarks.md
`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  })
  if (positionals.some((name) => !scripts[name]) || (values.write && values.quick)) {
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  process.stdout.write(`${machine()}\n`)
  for (const name of positionals.length > 0 ? positionals : Object.keys(scripts)) {
    const before = load()
    const figures = await (await scripts[name]!()).measure({ quick: values.quick })
    const at = { command: `pnpm bench ${name}`, load: `${before} / ${load()}` }
    const rows = figures.map((figure) => row(figure, at))
    process.stdout.write(`${rows.join('\n')}\n`)
    if (values.write) await writeFile(page, withRows(await readFile(page, 'utf8'), rows))
  }
}

await main()
