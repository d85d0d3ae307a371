import { afterAll, describe, expect, it } from 'vitest'
import { PIXELS_MEDIA_TYPE } from '../../src/artifact/kind.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createInProcessRunner } from '../../src/runner/in-process.ts'
import faults from '../faults/plugin.ts'
import { callOf, hooks } from './call.ts'

const runner = createInProcessRunner({ registry: createRegistry([faults()]) })
afterAll(() => runner[Symbol.asyncDispose]())

describe('the in-process runner', () => {
  it('decodes at the edge and keeps pixels raw', async () => {
    const result = await runner.runSegment(callOf([{ use: 'fault.add' }, { use: 'fault.shift', with: { left: 1 } }]), hooks())
    expect(result).toMatchObject({ steps: [{ id: 'fault.add', outcome: 'done' }, { id: 'fault.shift' }], diagnostics: [] })
    expect(result).toMatchObject({
      value: { kind: 'image', mediaType: PIXELS_MEDIA_TYPE, bytes: new Uint8Array([2, 2]), matrix: [1, 0, 1, 0, 1, 0, 0, 0, 1] },
    })
  })
  it('blocking', async () => {
    const result = await runner.runSegment(callOf([{ use: 'fault.add-blocking' }, { use: 'fault.shift', with: { left: 1 } }]), hooks())
    expect(result).toMatchObject({
      value: { kind: 'image', mediaType: PIXELS_MEDIA_TYPE, bytes: new Uint8Array([2, 2]), matrix: [1, 0, 1, 0, 1, 0, 0, 0, 1] },
    })
  })
  it('hang', async () => {
    await expect(runner.runSegment(callOf([{ use: 'fault.hang', timeoutMs: 200 }]), hooks())).rejects.toMatchObject({
      code: 'STEP_TIMEOUT',
      path: 'steps[0]',
    })
  })
  it('expand', async () => {
    const e = await runner.openExpansion(callOf([{ use: 'fault.expand' }]), hooks())
    expect(e.length).toBe(3)
    expect(await e.at(1, hooks())).toMatchObject({ value: { bytes: new Uint8Array([2, 2, 2, 2]) } })
    await e[Symbol.asyncDispose]()
  })
})
