import { afterAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/artifact/digest.ts'
import { markFresh } from '../../src/artifact/fresh-bytes.ts'
import type { Descriptor } from '../../src/index.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import type { ItemResult } from '../../src/ports/step-runner.ts'
import { createChildrenRunner } from '../../src/runner/children.ts'
import { createInProcessRunner } from '../../src/runner/in-process.ts'
import { withoutKnownBytes } from '../../src/runner/known-bytes.ts'
import type { Reply } from '../../src/runner/protocol.ts'
import { toItem } from '../../src/runner/wire-call.ts'
import { TEST_IMAGE, testImage } from '../../src/testing/faults/codec.ts'
import faults from '../../src/testing/faults/module.ts'
import { callOf, hooks, payload, pixels } from '../../src/testing/segment-call.ts'

const size = 600 * 600
const registry = createRegistry([faults()])
const expansion = callOf([{ use: 'fault.expand' }], { inputs: [pixels(new Uint8Array(size), { width: 600, height: 600 })] })
const itemOf = (index: number): Uint8Array => new Uint8Array(size).fill(index)

describe('an item of an expansion in a thread', () => {
  const runner = createInProcessRunner({ registry, threads: 1 })
  afterAll(() => runner[Symbol.asyncDispose]())

  it('is told by its digest when its bytes are stored already, and sent with it when they are not', async () => {
    const asked: Descriptor[] = []
    const has = async (descriptor: Descriptor): Promise<boolean> => {
      asked.push(descriptor)
      return descriptor.digest === digestOf(itemOf(1))
    }
    await using open = await runner.openExpansion(expansion, hooks())
    const [known, other] = [await open.at(1, hooks({ has })), await open.at(2, hooks({ has }))]
    expect(known).toMatchObject({
      kept: { kind: 'image', descriptor: { digest: digestOf(itemOf(1)), size }, matrix: [1, 0, 1, 0, 1, 0, 0, 0, 1] },
    })
    expect('value' in known).toBe(false)
    expect(other).toMatchObject({ value: { digest: digestOf(itemOf(2)), bytes: itemOf(2) } })
    expect(asked.map(({ size: bytes }) => bytes)).toEqual([size, size])
  })

  it('is sent when nobody says what is stored', async () => {
    await using open = await runner.openExpansion(expansion, hooks())
    expect(await open.at(1, hooks())).toMatchObject({ value: { bytes: itemOf(1) } })
  })
})

it('is always sent by a child: whoever took it over must not learn what is stored', async () => {
  await using runner = createChildrenRunner({ registry, children: 1 })
  await using open = await runner.openExpansion(expansion, hooks())
  const has = (): Promise<boolean> => Promise.reject(new Error('A child asked.'))
  expect(await open.at(1, hooks({ has }))).toMatchObject({ value: { bytes: itemOf(1) } })
})

describe('a file that an expansion hands on untouched', () => {
  const file = testImage()
  const descriptor = { mediaType: TEST_IMAGE, digest: digestOf(file), size: file.length }
  const streamed = payload(file, {
    mediaType: TEST_IMAGE,
    descriptor,
    load: () => Promise.reject(new Error('The file was read into this process.')),
    stream: async () => ReadableStream.from([file]),
  })

  it('is neither read nor sent by a child that was given it as a file', async () => {
    await using runner = createChildrenRunner({ registry, children: 1 })
    await using open = await runner.openExpansion(callOf([{ use: 'fault.pages' }], { inputs: [streamed] }), hooks())
    const item = (await open.at(0, hooks())) as Extract<ItemResult, { kept: unknown }>
    expect(item.kept).toMatchObject({
      kind: 'image',
      meta: { width: 2, height: 2, density: 300 },
      descriptor,
      matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    })
    expect(item.kept.from).toBe(streamed)
  })

  it('is sent when it came without a digest, or several pages are taken out of it', async () => {
    const pages = testImage({ pages: 2 })
    await using runner = createChildrenRunner({ registry, children: 1 })
    for (const input of [
      { ...streamed, descriptor: undefined },
      { ...streamed, stream: async () => ReadableStream.from([pages]) },
    ]) {
      await using open = await runner.openExpansion(callOf([{ use: 'fault.pages' }], { inputs: [input] }), hooks())
      expect(await open.at(0, hooks())).toMatchObject({ value: { kind: 'image' } })
    }
  })
})

describe('what a worker says that it kept', () => {
  const digest = digestOf(Uint8Array.of(1))
  const kept = {
    kind: 'image',
    meta: null,
    mediaType: 'image/x-any',
    descriptor: { mediaType: 'image/x-any', digest, size: 1 },
    matrix: null,
  }
  const reply = (input?: number): Reply => ({
    result: { steps: [], diagnostics: [], kept: { ...kept, properties: {}, ...(input !== undefined && { input }) } },
  })
  const input = payload(testImage(), { descriptor: { mediaType: TEST_IMAGE, digest: digestOf(testImage()), size: testImage().length } })

  it('is not believed of one that may not ask, or of an input that is not there: whoever knows a digest must not get its bytes', () => {
    expect(() => toItem(reply(), { inputs: [input], asks: false })).toThrow(/not known here/)
    expect(() => toItem(reply(1), { inputs: [input], asks: true })).toThrow(/not known here/)
    expect(toItem(reply(), { inputs: [input], asks: true })).toMatchObject({ kept })
  })

  it('is of an input what is known here of it, whatever the worker says', () => {
    expect(toItem(reply(0), { inputs: [input], asks: false })).toMatchObject({
      kept: { mediaType: input.mediaType, descriptor: input.descriptor, from: input },
    })
  })
})

describe('bytes that are stored already', () => {
  const resultOf = (bytes: Uint8Array): ItemResult => ({
    steps: [],
    diagnostics: [],
    value: { kind: 'image', meta: null, mediaType: 'image/jpeg', bytes, matrix: null, properties: {} },
  })
  const has = async (): Promise<boolean> => true

  it('are given back where nobody else holds them, and left alone where somebody may', async () => {
    const [own, shared] = [markFresh(itemOf(1)), itemOf(1)]
    await withoutKnownBytes(resultOf(own), { has })
    await withoutKnownBytes(resultOf(shared), { has })
    expect([own.byteLength, shared.byteLength]).toEqual([0, size])
  })

  it('are not asked for where they are few', async () => {
    const few = resultOf(new Uint8Array(100))
    expect(await withoutKnownBytes(few, { has })).toBe(few)
  })
})
