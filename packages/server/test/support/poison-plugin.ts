import { setTimeout as delay } from 'node:timers/promises'
import { defineOperation, definePlugin, image } from '@imagedoc/core'
import { z } from 'zod'

const hows = ['segfault', 'loop', 'memory', 'throw', 'host'] as const

/** Does harm on pages that are wider than `over`, and passes the others on: what a page does that was made to do harm. */
const poison = defineOperation({
  name: 'test.poison',
  version: 1,
  summary: 'Do harm on wide pages.',
  input: image,
  output: image,
  params: z.strictObject({ how: z.enum(hows), over: z.int() }),
  traits: { cost: 'heavy' },
  run({ input, params: { how, over } }) {
    if (input.width > over) harm(how)
    return { output: { ...input, data: input.data.slice() } }
  },
})

function harm(how: (typeof hows)[number]): void {
  const kept: Buffer[] = []
  if (how === 'throw') throw new TypeError('The test threw.')
  if (how === 'memory') while (kept.push(Buffer.alloc(64 << 20, 1)) > 0);
  if (how === 'segfault') process.kill(process.pid, 'SIGSEGV')
  // As if the system had no memory left: the server itself ends.
  if (how === 'host') process.kill(process.ppid, 'SIGKILL')
  // A signal needs a moment to arrive.
  for (;;) Math.random()
}

/** Waits, and stops when it is told to. */
const linger = defineOperation({
  name: 'test.linger',
  version: 1,
  summary: 'Wait.',
  input: image,
  output: image,
  params: z.strictObject({ ms: z.int(), mark: z.int().default(0) }),
  traits: { cost: 'heavy', blocking: false },
  async run({ input, params, context }) {
    await delay(params.ms, undefined, { signal: context.signal })
    return { output: { ...input, data: input.data.slice() } }
  },
})

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which children find it
export default definePlugin({
  name: 'imagedoc-plugin-test-poison',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [poison, linger] }),
})
