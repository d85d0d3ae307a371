import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../artifact/limits.ts'
import type { ImageDocError } from '../errors/error.ts'
import { traceOf } from '../errors/trace.ts'
import type { SegmentStep } from '../ports/step-runner.ts'
import type { RunnerUnderTest } from './runner-under-test.ts'
import { callOf, hooks, pixels } from './segment-call.ts'
import { jsonOf } from './step-runner-segments.ts'

/** Steps that fail, hang, crash or are stopped. */
export function describeFaults({ runner, isolates }: RunnerUnderTest): void {
  const run = (step: Partial<SegmentStep> & { use: string; with?: unknown }, limits = {}) =>
    runner().runSegment(callOf([{ use: 'fault.add' }, step as never], { limits: { ...defaultLimits, ...limits } }), hooks())
  const counter = (): string => mkdtempSync(join(tmpdir(), 'counter-'))

  describe('a step that fails', () => {
    it.each([
      [{ use: 'fault.throw', with: { how: 'foreign' } }, 'OPERATION_FAILED', 'steps[1]'],
      [{ use: 'fault.throw', with: { how: 'nothing' } }, 'OPERATION_FAILED', 'steps[1]'],
      [{ use: 'fault.throw', with: { how: 'ours' } }, 'ENGINE_FAILED', 'steps[1]'],
      [{ use: 'fault.throw', with: { how: 'path' } }, 'ENGINE_FAILED', 'steps[1].with.how'],
      [{ use: 'fault.shift', with: { left: 9 } }, 'OPERATION_FAILED', 'steps[1].with.left'],
      [{ use: 'fault.shift', with: { left: 'x' } }, 'INVALID_PIPELINE', 'steps[1].with.left'],
      [{ use: 'fault.where', engine: 'gone' }, 'ENGINE_UNAVAILABLE', 'steps[1]'],
    ])('rejects %j with %s at %s', async (step, code, path) => {
      await expect(run(step)).rejects.toMatchObject({ code, path })
    })

    it('keeps the details of an error and hides the paths of this machine', async () => {
      await expect(run({ use: 'fault.throw', with: { how: 'ours' } })).rejects.toMatchObject({ details: { exit: 4 } })
      const error = await run({ use: 'fault.throw' }).catch((caught: Error) => caught)
      expect(String(error)).toContain('fault.throw')
      expect(String(error)).not.toContain('passwd')
    })

    it.each(['fail', 'skip', 'pass'] as const)('keeps the stack of what was thrown, for %s', async (onError) => {
      const thrower = { use: 'fault.throw', onError } as const
      // Alone where a runner may run it in this thread; beside another where it may not.
      for (const steps of [[thrower], [{ use: 'fault.add-blocking' }, thrower]]) {
        const ended = await runner()
          .runSegment(callOf(steps), hooks())
          .catch((error: ImageDocError) => error)
        const error = ended instanceof Error ? ended : 'hole' in ended ? ended.hole.error : ended.steps.at(-1)?.error
        expect(error).toMatchObject({ code: 'OPERATION_FAILED' })
        expect(traceOf(error)).toMatch(/TypeError: The test threw.*[/\\]faults\.[jt]s/s)
        expect(JSON.stringify(error)).not.toContain('faults.')
      }
    })

    it.each(['nothing', 'undefined', 'text', 'short'])('says whose contract is broken by the output "%s"', async (how) => {
      const message = expect.stringMatching(/fault\.wrong-output.*imagedoc-plugin-faults/)
      await expect(run({ use: 'fault.wrong-output', with: { how } })).rejects.toMatchObject({ code: 'OPERATION_CONTRACT', message })
    })

    it('refuses an output over the limit of pixels', async () => {
      await expect(run({ use: 'fault.wrong-output', with: { how: 'huge' } })).rejects.toMatchObject({
        code: 'TOO_MANY_PIXELS',
        path: 'steps[1]',
      })
    })

    it('leaves a hole when it may be skipped', async () => {
      const result = await run({ use: 'fault.throw', with: { how: 'ours' }, onError: 'skip' })
      expect(result).toMatchObject({ hole: { step: 'fault.throw', error: { code: 'ENGINE_FAILED', path: 'steps[1]' } } })
      expect(result.steps).toMatchObject([
        { id: 'fault.add', outcome: 'done' },
        { id: 'fault.throw', outcome: 'skipped' },
      ])
    })

    it('hands its input on when it may be passed over', async () => {
      const result = await run({ use: 'fault.throw', with: { how: 'ours' }, onError: 'pass' })
      expect(result).toMatchObject({ value: { bytes: new Uint8Array([2, 2, 2, 2]) }, steps: [{}, { outcome: 'passed' }] })
      expect(result.diagnostics).toMatchObject([{ code: 'STEP_PASSED', step: 'fault.throw', details: { code: 'ENGINE_FAILED' } }])
    })

    it('hands on an untouched file when the first step is passed over', async () => {
      const call = callOf([{ use: 'fault.throw', onError: 'pass' }])
      expect(await runner().runSegment(call, hooks())).toMatchObject({ value: { mediaType: 'image/x-test', meta: null } })
    })

    it('is tried again after a retryable error, as often as it says', async () => {
      const flaky = (how: string, retries: number) => run({ use: 'fault.flaky', with: { fails: 2, counter: counter(), how }, retries })
      expect(jsonOf(await flaky('retryable', 2))).toEqual({ attempts: 3 })
      await expect(flaky('retryable', 1)).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
      await expect(flaky('final', 5)).rejects.toMatchObject({ code: 'PROVIDER_AUTH' })
    })
  })

  describe('a step that takes too long', () => {
    it.each([
      ['waits and heeds its signal', { use: 'fault.slow', with: { ms: 60_000 } }],
      ['waits and heeds nothing', { use: 'fault.slow', with: { ms: 3000, heeds: false } }],
      ['computes for ever', { use: 'fault.hang' }],
    ])('is stopped at its time limit when it %s', async (_, step) => {
      const started = performance.now()
      await expect(run({ ...step, timeoutMs: 300 })).rejects.toMatchObject({ code: 'STEP_TIMEOUT', path: 'steps[1]' })
      expect(performance.now() - started).toBeLessThan(isolates ? 3000 : 1500)
      expect(await run({ use: 'fault.add-blocking' })).toMatchObject({ value: { bytes: new Uint8Array([3, 3, 3, 3]) } })
    })

    it('may be skipped or passed over', async () => {
      expect(await run({ use: 'fault.hang', timeoutMs: 300, onError: 'skip' })).toMatchObject({
        hole: { step: 'fault.hang', error: { code: 'STEP_TIMEOUT' } },
      })
      expect(await run({ use: 'fault.hang', timeoutMs: 300, onError: 'pass' })).toMatchObject({
        value: { bytes: new Uint8Array([2, 2, 2, 2]) },
      })
    })
  })

  describe('a step that takes its worker along', () => {
    const ways = isolates ? ['exit', 'uncaught', 'segfault', 'abort'] : ['exit', 'uncaught']

    it.each(ways)('fails alone by "%s", its neighbours do not notice', async (how) => {
      const results = await Promise.allSettled([
        run({ use: 'fault.add-blocking' }),
        run({ use: 'fault.crash', with: { how } }),
        run({ use: 'fault.add-blocking' }),
        run({ use: 'fault.crash', with: { how } }),
        run({ use: 'fault.add-blocking' }),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
      expect(results[1]).toMatchObject({ reason: { code: 'PROCESS_CRASHED', path: 'steps[1]' } })
    })

    it('says what it threw when that was caught by nobody', async () => {
      const failure = run({ use: 'fault.crash', with: { how: 'uncaught' } })
      await expect(failure).rejects.toMatchObject({
        code: 'PROCESS_CRASHED',
        cause: expect.objectContaining({ name: 'Error', stack: expect.stringMatching(/\n +at .*misbehave\.[tj]s:\d+/) }),
      })
    })

    it('may be skipped or passed over', async () => {
      const crash = { use: 'fault.crash', with: { how: 'exit' } }
      expect(await run({ ...crash, onError: 'skip' })).toMatchObject({ hole: { step: 'fault.crash', error: { code: 'PROCESS_CRASHED' } } })
      expect(await run({ ...crash, onError: 'pass' })).toMatchObject({
        value: { bytes: new Uint8Array([2, 2, 2, 2]) },
        diagnostics: [{ code: 'STEP_PASSED' }],
      })
    })

    it.each(isolates ? ['heap', 'buffers'] : ['heap'])('is told apart when it needs too much memory (%s)', async (where) => {
      const started = performance.now()
      const failure = run({ use: 'fault.memory', with: { where } }, { memoryBytes: 300 * 2 ** 20 })
      await expect(failure).rejects.toMatchObject({ code: 'MEMORY_LIMIT', path: 'steps[1]' })
      expect(performance.now() - started).toBeLessThan(20_000)
    })
  })

  describe('an abort', () => {
    it.each([
      ['waits', { use: 'fault.slow', with: { ms: 60_000 } }],
      ['waits and heeds nothing', { use: 'fault.slow', with: { ms: 3000, heeds: false } }],
      ['computes for ever', { use: 'fault.hang' }],
      ['may be skipped', { use: 'fault.hang', onError: 'skip' as const }],
    ])('settles a step that %s within a second', async (_, step) => {
      const controller = new AbortController()
      const begun = Promise.withResolvers<void>()
      const call = callOf([{ use: 'fault.add' }, step])
      const running = runner().runSegment(call, hooks({ signal: controller.signal, started: (id) => id === step.use && begun.resolve() }))
      running.catch(() => {})
      await begun.promise
      const aborted = performance.now()
      controller.abort()
      await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(performance.now() - aborted).toBeLessThan(1000)
    })

    it('before the start runs nothing', async () => {
      const started: string[] = []
      const call = callOf([{ use: 'fault.add-blocking' }], { inputs: [pixels([0, 0, 0, 0])] })
      const running = runner().runSegment(call, hooks({ signal: AbortSignal.abort(), started: (id) => started.push(id) }))
      await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(started).toEqual([])
    })
  })
}
