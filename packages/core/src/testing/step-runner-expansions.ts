import { describe, expect, it } from 'vitest'
import type { ItemResult, OpenExpansion } from '../ports/step-runner.ts'
import { testImage } from './faults/codec.ts'
import type { RunnerUnderTest } from './runner-under-test.ts'
import { callOf, hooks, payload } from './segment-call.ts'

const firstByte = (result: ItemResult): number | undefined => ('value' in result ? result.value.bytes[0] : undefined)

/** Sequences that stay open. */
export function describeExpansions({ runner, create, isolates }: RunnerUnderTest): void {
  const open = (parts: Record<string, unknown> = {}, from = runner()): Promise<OpenExpansion> =>
    from.openExpansion(callOf([{ use: 'fault.expand', ...parts }]), hooks())

  describe('an expansion', () => {
    it('makes an item when it is asked for, with its own matrix and diagnostics', async () => {
      await using expansion = await open({ with: { count: 100 } })
      expect(expansion).toMatchObject({
        length: 100,
        steps: [{ id: 'fault.expand', outcome: 'done' }],
        diagnostics: [{ code: 'EXPANDED', step: 'fault.expand' }],
      })
      const item = await expansion.at(7, hooks())
      expect(firstByte(item)).toBe(8)
      expect(item).toMatchObject({ value: { matrix: [1, 0, 7, 0, 1, 0, 0, 0, 1] }, steps: [{ id: 'fault.expand', outcome: 'done' }] })
      expect(item.diagnostics).toMatchObject([{ code: 'MADE', step: 'fault.expand', details: { made: 1 } }])
    })

    it('gives items in any order, several asked for at a time', async () => {
      await using expansion = await open({ with: { count: 9 } })
      const items = await Promise.all([8, 0, 4, 4].map((index) => expansion.at(index, hooks())))
      expect(items.map(firstByte)).toEqual([9, 1, 5, 5])
    })

    it('takes a file apart into its pages, and a single upright page stays the file it is', async () => {
      const pagesOf = (file: Uint8Array) => runner().openExpansion(callOf([{ use: 'fault.pages' }], { inputs: [payload(file)] }), hooks())
      await using several = await pagesOf(testImage({ pages: 3, turned: true }))
      expect(several.length).toBe(3)
      expect(await several.at(2, hooks())).toMatchObject({
        value: { bytes: new Uint8Array([3, 3, 3, 3]), matrix: [-1, 0, 2, 0, -1, 2, 0, 0, 1] },
        diagnostics: [{ code: 'TURNED' }],
      })
      const file = testImage()
      await using one = await pagesOf(file)
      expect(await one.at(0, hooks())).toMatchObject({ value: { mediaType: 'image/x-test', bytes: new Uint8Array(file) } })
    })

    it('comes after other steps of its segment', async () => {
      const call = callOf([{ use: 'fault.shift', with: { left: 1 } }, { use: 'fault.expand' }])
      await using expansion = await runner().openExpansion(call, hooks())
      expect(expansion.steps).toMatchObject([{ id: 'fault.shift' }, { id: 'fault.expand' }])
      expect(await expansion.at(1, hooks())).toMatchObject({ value: { matrix: [1, 0, 2, 0, 1, 0, 0, 0, 1] } })
    })

    it('says that an item is not there', async () => {
      await using expansion = await open()
      await expect(expansion.at(3, hooks())).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it.each([
      ['throw', 'OPERATION_FAILED'],
      ['wrong', 'OPERATION_CONTRACT'],
      ['hang', 'STEP_TIMEOUT'],
      ['exit', 'PROCESS_CRASHED'],
      ...(isolates ? [['segfault', 'PROCESS_CRASHED']] : []),
    ])('loses one item by "%s", and goes on with the next', async (how, code) => {
      await using expansion = await open({ with: { at: 1, how }, timeoutMs: 2000 })
      expect(firstByte(await expansion.at(0, hooks()))).toBe(1)
      await expect(expansion.at(1, hooks())).rejects.toMatchObject({ code, path: 'steps[0]' })
      expect(firstByte(await expansion.at(2, hooks()))).toBe(3)
    })

    it('leaves a hole where an item may be skipped', async () => {
      await using thrown = await open({ with: { at: 1, how: 'throw' }, onError: 'skip' })
      expect(await thrown.at(1, hooks())).toMatchObject({ hole: { step: 'fault.expand', error: { code: 'OPERATION_FAILED' } } })
      await using crashed = await open({ with: { at: 1, how: 'exit' }, onError: 'skip' })
      expect(await crashed.at(1, hooks())).toMatchObject({ hole: { error: { code: 'PROCESS_CRASHED' } }, steps: [{ outcome: 'skipped' }] })
    })

    it('is one hole when a step before it was skipped', async () => {
      const call = callOf([{ use: 'fault.throw', onError: 'skip' }, { use: 'fault.expand' }])
      await using expansion = await runner().openExpansion(call, hooks())
      expect(expansion.length).toBe(1)
      expect(await expansion.at(0, hooks())).toMatchObject({ hole: { step: 'fault.throw' } })
    })

    it('rejects when it cannot be opened', async () => {
      const call = callOf([{ use: 'fault.throw' }, { use: 'fault.expand' }])
      await expect(runner().openExpansion(call, hooks())).rejects.toMatchObject({ code: 'OPERATION_FAILED', path: 'steps[0]' })
    })

    it('is given up within a second on abort, and can go on', async () => {
      await using expansion = await open({ with: { at: 1, how: 'hang' } })
      const controller = new AbortController()
      const item = expansion.at(1, hooks({ signal: controller.signal }))
      item.catch(() => {})
      setTimeout(() => controller.abort(), 100)
      const started = performance.now()
      await expect(item).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(performance.now() - started).toBeLessThan(1100)
      expect(firstByte(await expansion.at(0, hooks()))).toBe(1)
    })

    it('keeps nothing else waiting, however many are open', async () => {
      const other = create()
      const expansions: OpenExpansion[] = []
      for (let index = 0; index < 5; index++) expansions.push(await open({ with: { count: 5 } }, other))
      const segment = await other.runSegment(callOf([{ use: 'fault.add-blocking' }]), hooks())
      expect(firstByte(segment)).toBe(2)
      // The ones that had to make room are opened again.
      for (const [index, expansion] of expansions.entries()) expect(firstByte(await expansion.at(index, hooks()))).toBe(index + 1)
      await Promise.all(expansions.map((expansion) => expansion[Symbol.asyncDispose]()))
      await other[Symbol.asyncDispose]()
    })
  })
}
