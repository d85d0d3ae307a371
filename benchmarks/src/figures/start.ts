// The built command with one small step against a bare Node script that does the same with sharp. Needs `pnpm build`.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { renderPage } from '@imagedoc/fixtures'
import { atMost, type Measure } from '../harness/figure.ts'
import { interleave } from '../harness/interleave.ts'
import { temporaryFolder } from '../harness/workspace.ts'

const run = promisify(execFile)
const command = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
const bare = `import sharp from 'sharp'
const { data, info } = await sharp(process.argv[2]).resize(300).raw().toBuffer({ resolveWithObject: true })
await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }).png().toFile(process.argv[3])
`

export const measure: Measure = async ({ quick }) => {
  if (!existsSync(command)) throw new Error('packages/cli/dist/bin.js is missing: run `pnpm build` first')
  await using folder = await temporaryFolder()
  const at = (name: string): string => join(folder.path, name)
  // Beside this package's own modules, so that sharp is found; gone afterwards.
  const script = fileURLToPath(new URL('./start-bare.generated.mjs', import.meta.url))
  await writeFile(script, bare)
  await writeFile(at('page.png'), await (await renderPage({ seed: 1, width: 600, height: 800 })).png())
  await writeFile(at('pipeline.json'), JSON.stringify({ version: 1, steps: [{ use: 'image.resize', with: { width: 300 } }] }))
  const flags = ['run', at('pipeline.json'), at('page.png'), '-o', at('out'), '--cache', at('cache')]
  const env = { ...process.env, NODE_OPTIONS: '' }
  try {
    const times = await interleave(
      {
        bare: () => run(process.execPath, [script, at('page.png'), at('bare.png')], { env }),
        uncached: () => run(process.execPath, [command, ...flags, '--no-cache', '--force'], { env, cwd: folder.path }),
        cold: () => run(process.execPath, [command, ...flags, '--force'], { env, cwd: folder.path }),
      },
      {
        rounds: quick ? 3 : 25,
        warm: 2,
        before: async () => {
          await rm(at('out'), { recursive: true, force: true })
          await rm(at('cache'), { recursive: true, force: true })
        },
      },
    )
    const detail = (ms: number): string => `${ms.toFixed(0)} ms against ${times.bare.wall.toFixed(0)} ms`
    return [
      atMost(
        'Built `imagedoc run` of one small step, empty cache, against bare Node with sharp',
        { bound: 2.2, unit: 'x' },
        { number: times.cold.wall / times.bare.wall, detail: detail(times.cold.wall) },
      ),
      atMost(
        'The same with `--no-cache`',
        { bound: 2.2, unit: 'x' },
        { number: times.uncached.wall / times.bare.wall, detail: detail(times.uncached.wall) },
      ),
    ]
  } finally {
    await rm(script, { force: true })
  }
}
