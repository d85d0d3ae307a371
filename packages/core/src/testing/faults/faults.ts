import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { data, defineOperation, ImageDocError, image, type Pixels } from '../../index.ts'
import { misbehave } from './misbehave.ts'

const none = z.strictObject({})

export const crash = defineOperation({
  name: 'fault.crash',
  version: 1,
  summary: 'Take the thread or the process down.',
  input: image,
  output: image,
  params: z.strictObject({ how: z.enum(['exit', 'segfault', 'abort', 'uncaught']) }),
  async run({ input, params }) {
    misbehave(params.how)
    await delay(60_000)
    return { output: input }
  },
})

export const hang = defineOperation({
  name: 'fault.hang',
  version: 1,
  summary: 'Compute for ever.',
  input: image,
  output: image,
  params: none,
  run({ input }) {
    misbehave('hang')
    return { output: input }
  },
})

export const waitOutside = defineOperation({
  name: 'fault.wait-outside',
  version: 1,
  summary: 'Wait for a program as long as it takes.',
  input: image,
  output: image,
  params: z.strictObject({ script: z.string() }),
  run({ input, params }) {
    execFileSync('sh', ['-c', params.script])
    return { output: input }
  },
})

export const memory = defineOperation({
  name: 'fault.memory',
  version: 1,
  summary: 'Allocate for ever.',
  input: image,
  output: image,
  params: z.strictObject({ where: z.enum(['heap', 'buffers']) }),
  run({ input, params }) {
    const kept: unknown[] = []
    const more = (): unknown =>
      params.where === 'heap' ? Array.from({ length: 100_000 }, (_, index) => ({ index })) : Buffer.alloc(8 << 20, 1)
    while (kept.push(more()) > 0);
    return { output: input }
  },
})

export const slow = defineOperation({
  name: 'fault.slow',
  version: 1,
  summary: 'Wait, and stop when told to (or not).',
  input: image,
  output: image,
  params: z.strictObject({ ms: z.int(), heeds: z.boolean().default(true) }),
  async run({ input, params, context }) {
    await delay(params.ms, undefined, params.heeds ? { signal: context.signal } : {})
    return { output: input }
  },
})

/** Attempts are counted in a file, because each may run in another process. */
export const flaky = defineOperation({
  name: 'fault.flaky',
  version: 1,
  summary: 'Fail some times, then work.',
  input: image,
  output: data,
  params: z.strictObject({ fails: z.int(), counter: z.string(), how: z.enum(['retryable', 'final', 'exit']).default('retryable') }),
  traits: { blocking: false },
  run({ params: { fails, counter, how } }) {
    let attempt = 0
    while (existsSync(join(counter, `attempt-${attempt}`))) attempt++
    writeFileSync(join(counter, `attempt-${attempt}`), '')
    if (attempt < fails && how === 'exit') process.exit(3)
    if (attempt < fails) throw new ImageDocError(how === 'retryable' ? 'PROVIDER_UNREACHABLE' : 'PROVIDER_AUTH', 'Not yet.')
    return { output: { attempts: attempt + 1 } }
  },
})

export const wrongOutput = defineOperation({
  name: 'fault.wrong-output',
  version: 1,
  summary: 'Give what was not declared.',
  input: image,
  output: image,
  params: z.strictObject({ how: z.enum(['nothing', 'undefined', 'text', 'short', 'huge']) }),
  traits: { blocking: false },
  run({ input, params: { how } }) {
    const huge = { ...input, width: 100_000, height: 100_000 }
    const outputs = { undefined, text: 'text', short: { ...input, data: input.data.subarray(1) }, huge, nothing: undefined }
    return (how === 'nothing' ? undefined : { output: outputs[how] }) as unknown as { output: Pixels }
  },
})

export const fail = defineOperation({
  name: 'fault.throw',
  version: 1,
  summary: 'Throw.',
  input: image,
  output: image,
  params: z.strictObject({ how: z.enum(['foreign', 'ours', 'path', 'nothing']).default('foreign') }),
  traits: { blocking: false },
  run({ params }) {
    if (params.how === 'ours') throw new ImageDocError('ENGINE_FAILED', 'The engine did not.', { details: { exit: 4 } })
    if (params.how === 'path') throw new ImageDocError('ENGINE_FAILED', 'The engine did not.', { path: 'how' })
    if (params.how === 'nothing') throw undefined
    throw new TypeError('The test threw /etc/passwd away.')
  },
})
