// What the executor itself costs: steps that do nothing, a plan of a thousand steps, a hit in memory.
import { createImageDoc, defineOperation, definePlugin, fromBytes, image, type PipelineDefinition, type Source } from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import imagePlugin from '@imagedoc/plugin-image'
import { z } from 'zod'
import { atMost, type Figure, type Measure } from '../harness/figure.ts'
import { interleave } from '../harness/interleave.ts'

const STEPS = 1000
const CHAIN = 200

const same = defineOperation({
  name: 'bench.same',
  version: 1,
  summary: 'Gives what it is given.',
  input: image,
  output: image,
  params: z.strictObject({ number: z.number().default(0) }),
  // It takes no time, and the executor is measured, not the way to a thread.
  traits: { blocking: false },
  run: ({ input }) => ({ output: input }),
})
const bench = definePlugin({
  name: 'imagedoc-plugin-bench',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [same] }),
})
// biome-ignore lint/style/noDefaultExport: a plugin's module gives its factory so
export default bench

const chainOf = (length: number): PipelineDefinition => ({
  version: 1,
  steps: Array.from({ length }, (_, number) => ({ id: `step-${number}`, use: 'bench.same', with: { number } })),
  outputs: { 'page.png': `step-${length - 1}` },
})

export const measure: Measure = async ({ quick }) => {
  await using imagedoc = createImageDoc({ plugins: [imagePlugin(), bench()] })
  const png = await (await renderPage({ seed: 1, width: 64, height: 64 })).png()
  const input = fromBytes(png, { name: 'page.png' })
  const run = async (pipeline: PipelineDefinition, options: { source?: Source; cache?: boolean } = {}): Promise<void> => {
    const result = await imagedoc.run(pipeline, { input: options.source ?? input }, { cache: options.cache ?? false })
    if (result.status !== 'done') throw result.error ?? new Error(result.status)
  }
  const [one, chain, long] = [chainOf(1), chainOf(CHAIN), chainOf(STEPS)]
  const text = JSON.stringify(long)
  await run(one, { cache: true })
  const known: Source = {
    name: 'page.png',
    descriptor: (await imagedoc.run(one, { input })).receipt.inputs['input']![0]!,
    open: () => Promise.reject(new Error('the input was read')),
  }
  const times = await interleave(
    {
      one: () => run(one),
      chain: () => run(chain),
      long: () => run(long),
      plan: () => imagedoc.explain(JSON.parse(text), { input: known }),
      hit: () => run(one, { source: known, cache: true }),
    },
    { rounds: quick ? 5 : 60, warm: quick ? 2 : 15 },
  )
  const step = (run: { wall: number }, steps: number): number => ((run.wall - times.one.wall) / (steps - 1)) * 1000
  const figures: Figure[] = [
    atMost(
      'Executor overhead, warm, planning and receipt included',
      { bound: 50, unit: 'us a step' },
      {
        number: step(times.chain, CHAIN),
        detail: `${CHAIN} steps that do nothing ${times.chain.wall.toFixed(1)} ms, one ${times.one.wall.toFixed(1)} ms; in a chain of ${STEPS} ${step(times.long, STEPS).toFixed(0)} us`,
      },
    ),
    atMost(
      'A plan of 1,000 steps: JSON, validation, plan, every key and what the cache has (`explain`)',
      { bound: 50, unit: 'ms' },
      { number: times.plan.wall },
    ),
    atMost(
      'Hit in memory, input digest known',
      { bound: 1, unit: 'ms' },
      { number: times.hit.wall, detail: 'a whole run with its receipt' },
    ),
  ]
  return figures
}
