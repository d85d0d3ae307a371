import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import type { Json } from '../errors/error.ts'
import type { SegmentResult } from '../ports/step-runner.ts'
import { OTHER_IMAGE, testImage } from './faults/codec.ts'
import type { RunnerUnderTest } from './runner-under-test.ts'
import { callOf, hooks, payload, pixels } from './segment-call.ts'

/** The value of a result whose bytes are JSON. */
export function jsonOf(result: SegmentResult): Json {
  if (!('value' in result)) throw new Error('There is a hole.')
  return JSON.parse(Buffer.from(result.value.bytes).toString()) as Json
}

/** Values on their way through a segment. */
export function describeSegments({ runner }: RunnerUnderTest): void {
  describe('a segment', () => {
    it('hands pixels on raw and says what each step took', async () => {
      const result = await runner().runSegment(callOf([{ use: 'fault.add' }, { use: 'fault.add-blocking', with: { by: 5 } }]), hooks())
      expect(result).toMatchObject({
        value: { kind: 'image', mediaType: PIXELS_MEDIA_TYPE, meta: { width: 2, height: 2, channels: 1, density: 300 } },
        steps: [
          { id: 'fault.add', outcome: 'done', ms: expect.any(Number) },
          { id: 'fault.add-blocking', outcome: 'done', ms: expect.any(Number) },
        ],
      })
      expect('value' in result && [...result.value.bytes]).toEqual([7, 7, 7, 7])
    })

    it('composes the matrices of decoding and of every geometry step', async () => {
      const file = testImage({ width: 4, height: 1, turned: true, properties: { Artist: 'A' } }, (_, index) => index)
      const steps = [
        { use: 'fault.shift', with: { left: 1 } },
        { use: 'fault.shift', with: { left: 1 } },
      ]
      const result = await runner().runSegment(callOf(steps, { inputs: [payload(file, { properties: { Rating: 5 } })] }), hooks())
      // Turned by half: 3 2 1 0, of which the last two are left.
      expect(result).toMatchObject({
        value: { bytes: new Uint8Array([1, 0]), matrix: [-1, 0, 2, 0, -1, 1, 0, 0, 1], properties: { Artist: 'A', Rating: 5 } },
      })
      expect(result.diagnostics).toMatchObject([{ code: 'TURNED', step: 'fault.shift', page: { source: null, page: 0 } }])
    })

    it('gives raw pixels to a step as they are', async () => {
      const result = await runner().runSegment(callOf([{ use: 'fault.add-blocking' }], { inputs: [pixels([1, 2, 3, 4])] }), hooks())
      expect(result).toMatchObject({ value: { bytes: new Uint8Array([2, 3, 4, 5]), matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1] } })
    })

    it('never detaches or changes the bytes of an input', async () => {
      const bytes = new Uint8Array(1024 * 1024).fill(7)
      const input = pixels(bytes, { width: 1024, height: 1024 })
      const steps = [{ use: 'fault.same' }, { use: 'fault.add-blocking' }]
      const [first, second] = await Promise.all([0, 1].map(() => runner().runSegment(callOf(steps, { inputs: [input] }), hooks())))
      expect(bytes.length).toBe(1024 * 1024)
      expect(bytes.every((value) => value === 7)).toBe(true)
      expect(first).toMatchObject({ value: { meta: { width: 1024 } } })
      expect('value' in second! && second.value.bytes.every((value) => value === 8)).toBe(true)
    })

    it('passes a file through untouched when the port takes it, and encodes it when not', async () => {
      const run = (inputs: Parameters<typeof callOf>[1]) => runner().runSegment(callOf([{ use: 'fault.file' }], inputs), hooks())
      const upright = testImage({ width: 3, density: 200 })
      expect(jsonOf(await run({ inputs: [payload(upright)] }))).toMatchObject({ width: 3, height: 2, density: 200, size: upright.length })
      expect(jsonOf(await run({ inputs: [payload(upright, { mediaType: OTHER_IMAGE })] }))).toMatchObject({
        mediaType: 'image/x-test',
        width: 3,
      })
      expect(jsonOf(await run({ inputs: [pixels([1, 2, 3, 4])] }))).toMatchObject({ mediaType: 'image/x-test', width: 2, density: 100 })
    })

    it('refuses a file of several pages by naming the step that takes it', async () => {
      const inputs = [payload(testImage({ pages: 3 }))]
      for (const use of ['fault.add-blocking', 'fault.file']) {
        await expect(runner().runSegment(callOf([{ use }], { inputs }), hooks())).rejects.toMatchObject({
          code: 'MULTIPLE_PAGES',
          path: 'steps[0]',
          message: expect.stringContaining('document.pages'),
        })
      }
    })

    it('loads the items of a sequence when they are read, holes never', async () => {
      const loaded: number[] = []
      const inputs = [0, 1, 2, 3].map((index) => pixels([index, 0, 0, 0], { load: () => void loaded.push(index) }))
      const call = (read?: number[]) =>
        callOf([{ use: 'fault.count', with: read ? { read } : {}, bindings: { input: { sequence: [3, null, 1] } } }], { inputs })
      expect(jsonOf(await runner().runSegment(call([2]), hooks()))).toEqual({ length: 3, items: [1] })
      expect(loaded).toEqual([1])
      expect(jsonOf(await runner().runSegment(call(), hooks()))).toEqual({ length: 3, items: [3, 'hole', 1] })
    })

    it('gives a single value to a port of many as a sequence of one', async () => {
      const result = await runner().runSegment(callOf([{ use: 'fault.add' }, { use: 'fault.count' }]), hooks())
      expect(jsonOf(result)).toEqual({ length: 1, items: [2] })
    })

    it('gives a step its context, and clears its folder away', async () => {
      const progress: unknown[] = []
      const started: string[] = []
      const memo = new Map<string, Json>([])
      const input = payload(testImage({ properties: { Artist: 'A' } }))
      const talk = hooks({
        started: (step) => started.push(step),
        progress: (...said) => progress.push(said),
        memo: {
          get: async (step, key) => memo.get(JSON.stringify([step, key])),
          put: async (step, key, value) => void memo.set(JSON.stringify([step, key]), value),
        },
      })
      const result = await runner().runSegment(callOf([{ use: 'fault.context' }], { inputs: [input] }), talk)
      const seen = jsonOf(result) as { tmp: string }
      expect(seen).toMatchObject({ properties: { Artist: 'A' }, memo: 'computed', pixels: 100_000_000 })
      expect(existsSync(seen.tmp)).toBe(false)
      expect(started).toEqual(['fault.context'])
      expect(progress).toEqual([['fault.context', 0.5]])
      expect(result.diagnostics).toMatchObject([{ code: 'SEEN', step: 'fault.context', page: { page: 0 } }])
      expect([...memo.values()]).toEqual(['computed'])
      memo.set([...memo.keys()][0] as string, 'remembered')
      expect(jsonOf(await runner().runSegment(callOf([{ use: 'fault.context' }], { inputs: [input] }), talk))).toMatchObject({
        memo: 'remembered',
      })
    })

    it('runs a step with a network engine in this process, and others where they belong', async () => {
      const where = async (engine: string) => {
        const { diagnostics } = await runner().runSegment(callOf([{ use: 'fault.where', engine }]), hooks())
        return (diagnostics[0] as Diagnostic).details
      }
      expect(await where('network')).toMatchObject({ pid: process.pid, thread: 0 })
      expect(await where('local')).not.toMatchObject({ pid: process.pid, thread: 0 })
    })

    it('does not call an operation when the run was cancelled while its input was read', async () => {
      const controller = new AbortController()
      const input = pixels([1, 2, 3, 4], { load: () => controller.abort() })
      const progressed: string[] = []
      const talk = hooks({ signal: controller.signal, progress: (step) => progressed.push(step) })
      await expect(runner().runSegment(callOf([{ use: 'fault.context' }], { inputs: [input] }), talk)).rejects.toMatchObject({
        code: 'CANCELLED',
      })
      expect(progressed).toEqual([])
    })

    it('opens an engine once per thread or process', async () => {
      const opened = new Map<string, number>()
      for (let index = 0; index < 6; index++) {
        const { diagnostics } = await runner().runSegment(callOf([{ use: 'fault.where', engine: 'local' }]), hooks())
        const { pid, thread, opened: count } = (diagnostics[0] as Diagnostic).details as { pid: number; thread: number; opened: number }
        opened.set(`${pid}/${thread}`, count)
      }
      expect([...opened.values()].every((count) => count === 1)).toBe(true)
      expect(opened.size).toBeLessThanOrEqual(2)
    })

    it('runs many at a time without mixing them up', async () => {
      const results = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          runner().runSegment(callOf([{ use: 'fault.add-blocking', with: { by: index } }], { inputs: [pixels([0, 0, 0, 0])] }), hooks()),
        ),
      )
      expect(results.map((result) => 'value' in result && result.value.bytes[0])).toEqual(results.map((_, index) => index))
    })
  })
}
