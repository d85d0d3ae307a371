import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { z } from 'zod'
import {
  data,
  defineOperation,
  type Engine,
  encoded,
  ImageDocError,
  image,
  type Json,
  many,
  oneOf,
  type Pixels,
  paged,
  pageItem,
  pdf,
  sequenceOf,
  translation,
} from '../../index.ts'
import { TEST_IMAGE } from './codec.ts'
import { misbehave } from './misbehave.ts'

const none = z.strictObject({})

const brighter = (pixels: Pixels, by: number): Pixels => ({ ...pixels, data: pixels.data.map((value) => value + by) })

// Most say that they yield, though they only take no time: so runners are tried out in the main thread, too.

export const add = defineOperation({
  name: 'fault.add',
  version: 1,
  summary: 'Add to every pixel.',
  input: image,
  output: image,
  params: z.strictObject({ by: z.int().default(1) }),
  traits: { blocking: false },
  run: ({ input, params }) => ({ output: brighter(input, params.by) }),
})

export const addBlocking = defineOperation({
  ...add,
  name: 'fault.add-blocking',
  traits: { blocking: true },
})

export const same = defineOperation({
  name: 'fault.same',
  version: 1,
  summary: 'Give back the very input.',
  input: image,
  output: image,
  params: none,
  traits: { blocking: false },
  run: ({ input }) => ({ output: input }),
})

export const shift = defineOperation({
  name: 'fault.shift',
  version: 1,
  summary: 'A geometry operation: cut off columns on the left.',
  input: image,
  output: image,
  params: z.strictObject({ left: z.int().min(0) }),
  traits: { blocking: false },
  run({ input, params: { left } }) {
    if (left >= input.width) throw new ImageDocError('OPERATION_FAILED', 'Nothing is left of the image.', { path: 'with.left' })
    const width = input.width - left
    const rows = Array.from({ length: input.height }, (_, y) => input.data.subarray(y * input.width + left, (y + 1) * input.width))
    return { output: { ...input, width, data: Uint8Array.from(rows.flatMap((row) => [...row])) }, matrix: translation(left, 0) }
  },
})

/** What a `file` port was given. */
export const file = defineOperation({
  name: 'fault.file',
  version: 1,
  summary: 'Say what the file is.',
  input: encoded(image, [TEST_IMAGE]),
  output: data,
  params: none,
  traits: { blocking: false },
  run: ({ input: { mediaType, width, height, density, bytes } }) => ({ output: { mediaType, width, height, density, size: bytes.length } }),
})

export const pages = defineOperation({
  name: 'fault.pages',
  version: 1,
  summary: 'Every page of an image file.',
  input: oneOf(pdf, paged(image)),
  output: many(oneOf(image, encoded(image, [TEST_IMAGE]))),
  params: none,
  traits: { blocking: false },
  run({ input }) {
    if (!('at' in input)) throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', 'The test reads no PDF.')
    return { output: input }
  },
})

export const expand = defineOperation({
  name: 'fault.expand',
  version: 1,
  summary: 'Make several images of one; at one of them, misbehave.',
  input: image,
  output: many(image),
  params: z.strictObject({
    count: z.int().default(3),
    at: z.int().default(-1),
    how: z.enum(['exit', 'segfault', 'hang', 'throw', 'wrong']).default('throw'),
  }),
  run({ input, params: { count, at, how }, context }) {
    context.report({ code: 'EXPANDED', severity: 'info', message: 'The test expanded.' })
    let made = 0
    const item = (index: number): Pixels => {
      if (index === at) misbehave(how)
      if (index === at) return { ...input, data: new Uint8Array(1) }
      made++
      const diagnostics = [{ code: 'MADE', severity: 'info' as const, message: 'An item was made.', details: { made } }]
      return pageItem(brighter(input, index), { matrix: translation(index, 0), diagnostics })
    }
    return { output: sequenceOf(count, item) }
  },
})

/** The sequence as it comes; `read` says which items are looked at. */
export const count = defineOperation({
  name: 'fault.count',
  version: 1,
  summary: 'Say what is in a sequence.',
  input: many(image),
  output: data,
  params: z.strictObject({ read: z.array(z.int()).optional() }),
  traits: { holes: 'accept', blocking: false },
  async run({ input, params }) {
    const items: Json[] = []
    for (const index of params.read ?? Array.from({ length: input.length }, (_, at) => at)) {
      items.push(input.has(index) ? ((await input.at(index)).data[0] ?? null) : 'hole')
    }
    return { output: { length: input.length, items } }
  },
})

/** All that a context gives, as data. */
export const context = defineOperation({
  name: 'fault.context',
  version: 1,
  summary: 'Say what the context is.',
  input: image,
  output: data,
  params: none,
  traits: { properties: true, blocking: false },
  async run({ context }) {
    context.progress(0.5)
    context.report({ code: 'SEEN', severity: 'info', message: 'The test was here.' })
    const memo = await context.memo({ segment: 1 }, async () => 'computed')
    writeFileSync(join(context.tmp, 'file'), 'x')
    return { output: { properties: { ...context.properties }, memo, tmp: context.tmp, pixels: context.limits.pixels } }
  },
})

/** Where a step ran. */
export interface Where extends AsyncDisposable {
  pid: number
  thread: number
  opened: number
}

let opened = 0
const whereEngine = (id: string, network: boolean): Engine<Where> => ({
  id,
  network,
  available: async () => ({ ok: true }),
  fingerprint: async () => ({ id }),
  open: async () => ({ pid: process.pid, thread: threadId, opened: ++opened, async [Symbol.asyncDispose]() {} }),
})

export const where = defineOperation({
  name: 'fault.where',
  version: 1,
  summary: 'Say where this runs.',
  input: image,
  output: image,
  params: none,
  engines: [whereEngine('local', false), whereEngine('network', true)],
  run({ input, context }) {
    const { pid, thread, opened } = context.engine
    context.report({
      code: 'WHERE',
      severity: 'info',
      message: 'Here.',
      details: { pid, thread, opened, environment: Object.keys(process.env) },
    })
    return { output: input }
  },
})
