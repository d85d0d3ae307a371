// Five steps on an A4 page at 300 dpi: the executor against sharp written by hand, and against PNG between the steps. Memory is that of the built
// packages, which is what a user has: needs `pnpm build`.
import { existsSync } from 'node:fs'
import { hardenProcess } from '@imagedoc/plugin-image'
import sharp from 'sharp'
import { inChild } from '../harness/child.ts'
import { atLeast, atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { interleave, median } from '../harness/interleave.ts'
import { a4, jpegPage } from '../harness/pages.ts'
import { fileDrivers, temporaryFolder } from '../harness/workspace.ts'
import { ownChain } from './chain-run.ts'
import { handWritten, naive } from './hand-written.ts'

const peak = new URL('./chain-peak.ts', import.meta.url)
const builds = ['core', 'plugins/image'].map((name) => new URL(`../../../packages/${name}/dist/index.js`, import.meta.url))

export const measure: Measure = async ({ quick }) => {
  if (!builds.every((build) => existsSync(build))) throw new Error('The packages are not built: run `pnpm build` first')
  hardenProcess()
  const { jpeg, path } = await jpegPage(a4)
  await using own = ownChain(undefined)
  const cold = async (): Promise<void> => {
    await using folder = await temporaryFolder()
    await using cached = ownChain(fileDrivers(folder.path))
    await cached(jpeg)
  }
  const hands = Object.fromEntries(Object.entries(handWritten).map(([name, chain]) => [name, () => chain(jpeg)]))
  const times = await interleave({ own: () => own(jpeg), cold, naive: () => naive(jpeg), ...hands }, { rounds: quick ? 2 : 15 })
  const ms = (name: string): number => (times as Record<string, { cpu: number }>)[name]!.cpu
  const wall = (name: string): number => (times as Record<string, { wall: number }>)[name]!.wall
  const best = Object.keys(handWritten).toSorted((a, b) => ms(a) - ms(b))[0]!
  process.stderr.write(
    `${Object.keys(times)
      .map((name) => `${name}: CPU ${ms(name).toFixed(0)} ms, wall ${wall(name).toFixed(0)} ms`)
      .join('\n')}\n`,
  )
  const likeness = await meanDifference(await own(jpeg), await handWritten[best]!(jpeg))
  const memory = await peaks([best, 'own'], { path, rounds: quick ? 1 : 5 })
  const against = `against \`${best}\`, the fastest of ${Object.keys(handWritten).length}`
  const figures: Figure[] = [
    atMost(
      'Chain of 5, no cache: CPU time against hand-written sharp',
      { bound: 1.1, unit: 'x' },
      {
        number: ms('own') / ms(best),
        detail: `${ms('own').toFixed(0)} ms ${against}, ${ms(best).toFixed(0)} ms; wall ${format(wall('own') / wall(best))} x; mean difference of a pixel ${likeness.toFixed(1)} of 255`,
      },
    ),
    atMost(
      'Chain of 5, no cache: peak RSS against hand-written sharp',
      { bound: 1.3, unit: 'x' },
      {
        number: memory['own']! / memory[best]!,
        detail: `${memory['own']!.toFixed(0)} MB against ${memory[best]!.toFixed(0)} MB, fresh processes, built packages`,
      },
    ),
    {
      what: 'Chain of 5, cold with file cache: CPU time against hand-written sharp',
      target: '',
      measured: `${format(ms('cold') / ms(best))} x (wall ${format(wall('cold') / wall(best))} x)`,
    },
    atLeast(
      'Chain of 5: PNG between the steps against the executor, CPU time',
      { bound: 2.5, unit: 'x' },
      { number: ms('naive') / ms('own'), detail: `wall ${format(wall('naive') / wall('own'))} x` },
    ),
  ]
  return figures
}

async function peaks(names: readonly string[], { path, rounds }: { path: string; rounds: number }): Promise<Record<string, number>> {
  const taken: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { peakMB } = await inChild(peak, [name, path], { built: true })
      taken[name] = [...(taken[name] ?? []), peakMB]
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, median(values)]))
}

async function meanDifference(one: Uint8Array, other: Uint8Array): Promise<number> {
  const grey = (png: Uint8Array) => sharp(png).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  const [a, b] = [await grey(one), await grey(other)]
  if (a.info.width !== b.info.width || a.info.height !== b.info.height)
    throw new Error(`the pages differ in size: ${JSON.stringify([a.info, b.info])}`)
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] as number) - (b.data[i] as number))
  return sum / a.data.length
}
