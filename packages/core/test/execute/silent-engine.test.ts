import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createImageDoc, defineOperation, definePlugin, type Engine, image } from '../../src/index.ts'
import { createEngineAnswers } from '../../src/plan/engines.ts'
import { createEnginePool } from '../../src/runner/engine-pool.ts'
import { imageFile } from '../workshop/codec.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { imageInput } from '../workshop/workshop.ts'

const never = () => new Promise<never>(() => {})

/** An operation with an engine that works but for these parts. */
function operationWith(parts: Partial<Engine>) {
  const engine: Engine = {
    id: 'silent',
    available: async () => ({ ok: true }),
    fingerprint: async () => 1,
    open: async () => ({ async [Symbol.asyncDispose]() {} }),
    ...parts,
  }
  return defineOperation({
    name: 'silent.pass',
    version: 1,
    summary: 'Pass the page on.',
    input: image,
    output: image,
    params: z.strictObject({}),
    traits: { blocking: false },
    engines: [engine],
    run: ({ input }) => ({ output: input }),
  })
}

function imagedocWith(parts: Partial<Engine>) {
  const operations = [operationWith(parts)]
  const plugin = definePlugin({ name: 'imagedoc-plugin-silent', version: '1.0.0', apiVersion: 1, setup: () => ({ operations }) })
  return createImageDoc({ plugins: [workshopPlugin(), plugin()] })
}

describe('an engine that never answers', () => {
  afterEach(() => vi.useRealTimers())
  const pipeline = { version: 1 as const, steps: [{ use: 'silent.pass', timeoutMs: 50 }] }

  it.each(['available', 'fingerprint'] as const)('does not keep a run from being cancelled by its %s()', async (method) => {
    await using imagedoc = imagedocWith({ [method]: never })
    const controller = new AbortController()
    const running = imagedoc.run(pipeline, { input: imageInput(imageFile()) }, { signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it.each(['available', 'fingerprint'] as const)('counts as unavailable after a minute of its %s()', async (method) => {
    vi.useFakeTimers()
    const asked = createEngineAnswers().ask(operationWith({ [method]: never }).engines?.[0] as Engine, {})
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await asked).toMatchObject({ ok: false, why: expect.stringContaining('did not say within 60 s') })
  })

  it('runs into the time limit of its step when it does not open', async () => {
    const imagedoc = imagedocWith({ open: never })
    const { error } = await imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    expect(error).toMatchObject({ code: 'STEP_TIMEOUT', path: 'steps[0]' })
  })

  it.each([
    ['open', never],
    ['close', async () => ({ [Symbol.asyncDispose]: never })],
  ])('does not keep what used it from being disposed when it does not %s', async (_, open) => {
    vi.useFakeTimers()
    const pool = createEnginePool()
    void pool.open(operationWith({ open }), 'silent')
    const disposed = pool[Symbol.asyncDispose]()
    await vi.advanceTimersByTimeAsync(5000)
    await disposed
  })

  it('gives what it threw to whoever looks for the cause', async () => {
    const broken = new TypeError('It fell over.')
    await using imagedoc = imagedocWith({ available: () => Promise.reject(broken) })
    await expect(imagedoc.run(pipeline, { input: imageInput(imageFile()) })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      cause: broken,
    })
  })
})
