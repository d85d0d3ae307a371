import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { markFresh } from '../../src/artifact/fresh-bytes.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createInProcessRunner } from '../../src/runner/in-process.ts'
import faults from '../../src/testing/faults/module.ts'
import { describeStepRunnerContract } from '../../src/testing/index.ts'
import { callOf, hooks, pixels } from '../../src/testing/segment-call.ts'

describeStepRunnerContract('in process', {
  isolates: false,
  create: (registry) => createInProcessRunner({ registry, concurrency: 3, threads: 2, threadHeapBytes: 300 * 2 ** 20 }),
})

describe('the in-process runner', () => {
  const runner = createInProcessRunner({ registry: createRegistry([faults()]), concurrency: 2, threads: 1 })
  afterAll(() => runner[Symbol.asyncDispose]())

  it('says where steps would run', () => {
    const { steps } = callOf([{ use: 'fault.add' }, { use: 'fault.add-blocking' }, { use: 'fault.where', engine: 'network' }])
    expect(runner.describe(steps.slice(0, 1))).toBe('in process')
    expect(runner.describe(steps.slice(0, 2))).toBe('thread')
    expect(runner.describe(steps)).toBe('thread, in process (network)')
  })

  it('has no more segments at work than it may', async () => {
    let atWork = 0
    let most = 0
    const input = pixels([1, 2, 3, 4], {
      load: () => {
        atWork++
        most = Math.max(most, atWork)
        setTimeout(() => atWork--, 0)
      },
    })
    const call = callOf([{ use: 'fault.slow', with: { ms: 5 } }], { inputs: [input] })
    await Promise.all(Array.from({ length: 12 }, () => runner.runSegment(call, hooks())))
    expect(most).toBeLessThanOrEqual(2)
  })

  it('goes on with segments while the only thread holds an open expansion', async () => {
    await using expansion = await runner.openExpansion(callOf([{ use: 'fault.expand' }]), hooks())
    const results = await Promise.all([0, 1, 2].map(() => runner.runSegment(callOf([{ use: 'fault.add-blocking' }]), hooks())))
    expect(results).toHaveLength(3)
    expect(await expansion.at(0, hooks())).toMatchObject({ value: { kind: 'image' } })
  })

  it('opens two expansions in turn although there is room for one', async () => {
    await using outer = await runner.openExpansion(callOf([{ use: 'fault.expand' }]), hooks())
    await using inner = await runner.openExpansion(callOf([{ use: 'fault.expand' }]), hooks())
    const items = await Promise.all([outer.at(0, hooks()), inner.at(1, hooks()), outer.at(2, hooks())])
    expect(items.map((item) => 'value' in item && item.value.bytes[0])).toEqual([1, 2, 3])
  })

  it('moves to a thread what was read for it, and copies what somebody else may have', async () => {
    const [read, held] = [new Uint8Array([1, 2, 3, 4]), new Uint8Array([1, 2, 3, 4])]
    for (const bytes of [markFresh(read), held]) {
      const input = { ...pixels([1, 2, 3, 4]), load: async () => bytes }
      const result = await runner.runSegment(callOf([{ use: 'fault.add-blocking' }], { inputs: [input] }), hooks())
      expect('value' in result && [...result.value.bytes]).toEqual([2, 3, 4, 5])
    }
    expect([read.length, held.length]).toEqual([0, 4])
  })

  it('lets the main thread go on while a step computes', async () => {
    const controller = new AbortController()
    const running = runner.runSegment(callOf([{ use: 'fault.hang' }]), hooks({ signal: controller.signal }))
    running.catch(() => {})
    const result = await runner.runSegment(callOf([{ use: 'fault.add' }]), hooks())
    expect(result).toMatchObject({ value: { kind: 'image' } })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is closed although a thread waits for a program, which nothing ends early', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outside-'))
    const [begun, over] = [join(folder, 'begun'), join(folder, 'over')]
    const other = createInProcessRunner({ registry: createRegistry([faults()]), threads: 1 })
    const script = `touch ${begun}; sleep 5; touch ${over}`
    const running = other.runSegment(callOf([{ use: 'fault.wait-outside', with: { script } }]), hooks())
    running.catch(() => {})
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true)
    await other[Symbol.asyncDispose]()
    expect(existsSync(over)).toBe(false)
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => existsSync(over), { timeout: 20_000 }).toBe(true)
    rmSync(folder, { recursive: true })
  })

  it('refuses work once it is closed', async () => {
    const other = createInProcessRunner({ registry: createRegistry([faults()]), threads: 1 })
    const hanging = other.runSegment(callOf([{ use: 'fault.hang' }]), hooks())
    hanging.catch(() => {})
    await other[Symbol.asyncDispose]()
    await expect(hanging).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(other.runSegment(callOf([{ use: 'fault.hang' }]), hooks())).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
