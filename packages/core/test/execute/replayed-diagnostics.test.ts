import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/drivers/record-codec.ts'
import {
  createFileBlobStore,
  createFileResultCache,
  createImageDoc,
  createMemoryResultCache,
  type Diagnostic,
  formatPageId,
  type PipelineDefinition,
  type ResultCache,
  type RunOptions,
  type RunResult,
  type Source,
  type StepDefinition,
} from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import noisy from '../workshop/noisy-plugin.ts'
import { createPageRecord } from '../workshop/page-record.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { imageInput } from '../workshop/workshop.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-test-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const blobs = createFileBlobStore({ path: join(folder, 'blobs') })

/** Records as Redis and files hold them: as bytes. */
function throughBytes(cache: ResultCache): ResultCache {
  return {
    ...cache,
    async get(key) {
      const record = await cache.get(key)
      const name = key.replace('sha256:', '')
      return record && decodeRecord(encodeRecord(record, { key: name }), name)?.record
    },
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  }
}

/** Forgets some of what it was given, as a cache that is full does. */
function forgetful(cache: ResultCache, random: () => number): ResultCache {
  return {
    ...cache,
    get: async (key) => (random() < 0.3 ? undefined : cache.get(key)),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  }
}

const caches: Record<string, () => ResultCache> = {
  memory: () => createMemoryResultCache(),
  bytes: () => throughBytes(createMemoryResultCache()),
  files: () => createFileResultCache({ path: join(folder, crypto.randomUUID()), blobs }),
}

/** The same sequence for the same seed. @see mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A pipeline of any shape; `name` is in every step's id. */
function pipelineOf(seed: number, name: string): PipelineDefinition {
  const random = randomOf(seed)
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value
  const steps: StepDefinition[] = []
  const add = (use: string, from: StepDefinition['from'], more: Partial<StepDefinition> = {}): string => {
    const id = `${name}-${steps.length}`
    const params = {
      tag: `t${Math.floor(random() * 3)}`,
      notes: Math.floor(random() * 3),
      ...(use === 'noisy.toil' && { flat: random() < 0.3 }),
    }
    const cache = pick([undefined, undefined, true, false])
    steps.push({ id, use, from, ...(use.startsWith('noisy') && { with: params }), ...(cache !== undefined && { cache }), ...more })
    return id
  }
  const grow = (images: string[], count: number): void => {
    for (let step = 0; step < count; step++) {
      const from = pick(images)
      const use = pick(['noisy.mark', 'noisy.toil', 'noisy.pair', 'noisy.absent'])
      const bound = use === 'noisy.pair' ? { page: from, other: pick(images) } : from
      images.push(add(use, bound, use === 'noisy.absent' ? { onError: 'pass' } : {}))
    }
  }
  let images = ['input']
  if (random() < 0.8) images = [add('test.pages', 'input')]
  grow(images, 1 + Math.floor(random() * 4))
  if (random() < 0.4) {
    images = [add('noisy.split', pick(images.slice(1)))]
    grow(images, 1 + Math.floor(random() * 3))
  }
  const chosen = pick(images.slice(1))
  const texts = add('noisy.read', pick(images.slice(1)))
  const all = add('noisy.gather', { pages: chosen, texts })
  const outputs: Record<string, string> = { 'all.txt': all }
  if (random() < 0.5) outputs['page.png'] = chosen
  if (random() < 0.3) outputs['page.txt'] = texts
  return { version: 1, steps, outputs }
}

const file = imageFile({ pages: 3, width: 4, height: 2, mediaType: 'image/tiff' })
const single = imageFile({ width: 4, height: 2 })
/** Too large to be kept inline: a result that is not kept has no digest then, and is known by its key. */
const large = { width: 640, height: 420 }
const largeFile = imageFile({ pages: 2, mediaType: 'image/tiff', ...large })
const largeSingle = imageFile(large)

function inputOf({ steps }: PipelineDefinition): Source {
  const isLarge = steps.length % 2 === 0
  if (steps[0]?.use === 'test.pages') return imageInput(isLarge ? largeFile : file, 'book.tif')
  return imageInput(isLarge ? largeSingle : single)
}

async function run(cache: ResultCache, pipeline: PipelineDefinition, options: RunOptions = {}): Promise<RunResult> {
  await using own = createImageDoc({ plugins: [workshopPlugin(), noisy()], cache, blobs, concurrency: 2 })
  const result = await own.run(pipeline, { input: inputOf(pipeline) }, options)
  expect(result.error).toBeUndefined()
  return result
}

const lineOf = ({ code, message, page, step, severity, details }: Diagnostic): string =>
  JSON.stringify([step, page && formatPageId(page), code, severity, message, details ?? null])
const linesOf = ({ diagnostics }: Pick<RunResult, 'diagnostics'>): string[] => diagnostics.map(lineOf).sort()
/** Of the receipt: every diagnostic stands with its step. */
const receiptLines = ({ receipt }: RunResult): string[] =>
  receipt.steps
    .flatMap(({ id, diagnostics }) => {
      for (const { step } of diagnostics) expect(step).toBe(id)
      return diagnostics.map(lineOf)
    })
    .sort()

describe.each(Object.keys(caches))('diagnostics from the cache (%s)', (kind) => {
  const seeds = Array.from({ length: kind === 'files' ? 6 : 30 }, (_, index) => index * 7919 + 1)
  it.each(seeds)('are those of a cold run, whatever the pipeline (%i)', async (seed) => {
    await using cache = (caches[kind] as () => ResultCache)()
    const pipeline = pipelineOf(seed, 'mine')
    const cold = await run(cache, pipeline)
    const lines = linesOf(cold)
    expect(receiptLines(cold)).toEqual(lines)
    const warm = await run(cache, pipeline)
    expect(linesOf(warm)).toEqual(lines)
    expect(receiptLines(warm)).toEqual(lines)
    // Somebody else has other names for the same steps, and other outputs.
    const theirs = pipelineOf(seed, 'theirs')
    const outputs = { 'all.txt': theirs.outputs?.['all.txt'] as string }
    await using fresh = createMemoryResultCache()
    const alone = linesOf(await run(fresh, { ...theirs, outputs }))
    const other = linesOf(await run(cache, { ...theirs, outputs }))
    expect(other).toEqual(alone)
    expect(other.join()).not.toContain('mine')
    // A cache that has lost some records makes the rest again.
    expect(linesOf(await run(forgetful(cache, randomOf(seed)), pipeline))).toEqual(lines)
    expect(linesOf(await run(cache, pipeline))).toEqual(lines)
  })
})

describe("diagnostics from a run's record of pages", () => {
  it.each(Array.from({ length: 15 }, (_, index) => index * 104_729 + 5))('are those of the run that wrote it (%i)', async (seed) => {
    const pipeline = pipelineOf(seed, 'mine')
    const first = createPageRecord(blobs)
    await using before = createMemoryResultCache()
    const cold = linesOf(await run(before, pipeline, { pages: first }))
    await using empty = createMemoryResultCache()
    expect(linesOf(await run(empty, pipeline, { pages: createPageRecord(blobs, new Map(first.records)) }))).toEqual(cold)
    // What stands on a recorded page is found by its key afterwards.
    expect(linesOf(await run(empty, pipeline))).toEqual(cold)
    const pages = new Map([...first.records].filter((_, index) => index % 3 > 0))
    await using another = createMemoryResultCache()
    expect(linesOf(await run(another, pipeline, { pages: createPageRecord(blobs, pages) }))).toEqual(cold)
    expect(linesOf(await run(another, pipeline))).toEqual(cold)
  })
})
