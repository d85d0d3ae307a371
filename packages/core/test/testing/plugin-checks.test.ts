import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyOperation,
  defineKind,
  defineOperation,
  definePlugin,
  type Engine,
  image,
  many,
  type Operation,
  type Pixels,
  type Plugin,
  portOf,
  sequenceOf,
  throwIfAborted,
  translation,
} from '../../src/index.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import {
  checkAbort,
  checkDescriptions,
  checkDeterminism,
  checkEffect,
  checkEngines,
  checkGeometry,
  checkInputsUntouched,
  checkModule,
  checkOutputs,
  checkParams,
  checkYields,
} from '../../src/testing/plugin-checks.ts'
import type { OperationSample, Tried } from '../../src/testing/plugin-samples.ts'

const page: Pixels = { width: 4, height: 2, channels: 1, density: null, data: new Uint8Array(8).fill(9) }

const good = defineOperation({
  name: 'bad.negate',
  version: 1,
  summary: 'Negate the page.',
  input: image,
  output: image,
  params: z.strictObject({ from: z.int().default(255) }),
  run({ input, params, context }) {
    throwIfAborted(context.signal)
    return { output: { ...input, data: input.data.map((value) => params.from - value) } }
  },
})

/** The good operation with one thing wrong. */
function tried(wrong: Partial<Operation> = {}, sample: Partial<OperationSample> = {}): Tried {
  const operation = { ...good, ...wrong } as AnyOperation
  const plugin = pluginOf([operation])
  return { registry: createRegistry([plugin]), plugin, operation, sample: { input: page, effects: { from: { value: 200 } }, ...sample } }
}

function pluginOf(operations: AnyOperation[], parts: Partial<Plugin> = {}): Plugin {
  const factory = definePlugin({
    name: 'imagedoc-plugin-bad',
    version: '1.0.0',
    apiVersion: 1,
    module: import.meta.url,
    setup: () => ({ operations }),
  })
  return { ...factory(), ...parts }
}

describe('the contract of plugins', () => {
  it('is kept by a good operation', async () => {
    const it = tried()
    checkDescriptions(it.plugin)
    checkParams(it)
    for (const check of [checkOutputs, checkDeterminism, checkInputsUntouched, checkGeometry, checkEngines]) await check(it)
    await checkAbort(it, 1000)
    await checkEffect(it, 'from')
  })

  it('refuses names, versions and summaries that say nothing', () => {
    expect(() => checkDescriptions(pluginOf([good], { name: 'negate' }))).toThrow('imagedoc-plugin-<what>')
    expect(() => checkDescriptions(pluginOf([good], { version: 'latest' }))).toThrow('semantic version')
    expect(() => checkDescriptions(pluginOf([]))).toThrow('brings nothing')
    expect(() => checkDescriptions(pluginOf([{ ...good, summary: 'negates' }]))).toThrow('one sentence')
    const engine = { id: 'auto' } as Engine
    expect(() => checkDescriptions(pluginOf([{ ...good, engines: [engine] }]))).toThrow('none "auto"')
  })

  it('refuses a module that is not the factory, or whose factory wants the secrets', async () => {
    const moduleOf = (source: string): Plugin => pluginOf([good], { module: `data:text/javascript,${encodeURIComponent(source)}` })
    await expect(checkModule(pluginOf([good], { module: undefined }))).rejects.toThrow('write module: import.meta.url')
    await expect(checkModule(moduleOf('export const x = 1'))).rejects.toThrow('must default-export the factory')
    await expect(checkModule(moduleOf('export default () => { throw new Error("key is missing") }'))).rejects.toThrow(
      'without its secret options',
    )
    await expect(checkModule(moduleOf('export default () => ({ name: "another", operations: [] })'))).rejects.toThrow('makes "another"')
  })

  it('refuses parameters that let misspelt ones pass, are no JSON, or have wrong defaults', () => {
    expect(() => checkParams(tried({ params: z.object({}) }))).toThrow('z.strictObject')
    expect(() => checkParams(tried({ params: z.strictObject({ at: z.date().optional() }) }))).toThrow('no JSON Schema')
    expect(() => checkParams(tried({ params: z.strictObject({ by: z.int().max(5).default(9) }) }))).toThrow(
      'The default of bad.negate\'s "by", 9',
    )
    expect(() => checkParams(tried({ params: z.strictObject({ by: z.int() }) }))).toThrow("sample's parameters")
    const infinite = z.strictObject({
      by: z
        .number()
        .default(1)
        .transform(() => Number.POSITIVE_INFINITY),
    })
    expect(() => checkParams(tried({ params: infinite }))).toThrow('no JSON')
    expect(() => checkParams(tried({ example: { wrong: 1 } } as never))).toThrow('The example')
  })

  it('refuses an output of another kind, and one that is not the same when it was stored', async () => {
    await expect(checkOutputs(tried({ run: () => ({ output: 'text' }) }))).rejects.toThrow('gave no image')
    await expect(checkOutputs(tried({ run: () => ({ output: { ...page, width: 99 } }) }))).rejects.toThrow('wrong pixels')
  })

  it('refuses a kind that forgets', async () => {
    const kind = defineKind<'note', string, null>({
      name: 'note',
      extension: 'note',
      meta: z.null(),
      describe: () => null,
      toBytes: (value) => ({ mediaType: 'text/x-note', bytes: new TextEncoder().encode(value) }),
      fromBytes: () => 'forgotten',
    })
    const noted = { ...good, output: portOf(kind), run: () => ({ output: 'remember' }) } as AnyOperation
    const plugin = { ...pluginOf([noted]), kinds: [kind] }
    const it = { registry: createRegistry([plugin]), plugin, operation: noted, sample: { input: page } }
    await expect(checkOutputs(it)).rejects.toThrow('another after it was stored')
  })

  it('refuses chance that is not declared', async () => {
    const run = (): { output: Pixels } => ({ output: { ...page, data: crypto.getRandomValues(new Uint8Array(8)) } })
    await expect(checkDeterminism(tried({ run }))).rejects.toThrow('two results for one input')
    await checkDeterminism(tried({ run, traits: { deterministic: false } }))
  })

  it('refuses an operation that writes into its input', async () => {
    const run = ({ input }: { input: Pixels }) => {
      input.data.fill(0)
      return { output: { ...input, data: new Uint8Array(8) } }
    }
    await expect(checkInputsUntouched(tried({ run } as never))).rejects.toThrow('changed its input')
  })

  it('refuses an operation that is late or says something else when it is cancelled', async () => {
    await checkAbort(tried({ run: () => ({ output: page }) }), 1000)
    const wrong = (): never => {
      throw new Error('Out of paper.')
    }
    await expect(checkAbort(tried({ run: wrong }), 1000)).rejects.toThrow('Out of paper.')
    await expect(checkAbort(tried(), -1)).rejects.toThrow('to notice')
  })

  it('refuses an operation that says it yields and does not', async () => {
    const spin = (): void => {
      for (const until = performance.now() + 250; performance.now() < until; );
    }
    const atOnce = () => {
      spin()
      return { output: page }
    }
    const afterAnAwait = async () => {
      await wait(1)
      return atOnce()
    }
    const inItems = () => ({ output: sequenceOf(1, () => atOnce().output) })
    const traits = { blocking: false }
    for (const wrong of [{ run: atOnce }, { run: afterAnAwait }, { run: inItems, output: many(image) }]) {
      await expect(checkYields(tried({ ...wrong, traits } as never))).rejects.toThrow('Drop "blocking: false"')
      await checkYields(tried(wrong as never))
    }
  })

  it('looks for that on the large input of a sample', async () => {
    const run = ({ input }: { input: Pixels }) => {
      for (const until = performance.now() + input.width; performance.now() < until; );
      return { output: page }
    }
    const wrong = { run, traits: { blocking: false } } as never
    await checkYields(tried(wrong))
    const large = { ...page, width: 250, data: new Uint8Array(500) }
    await expect(checkYields(tried(wrong, { large }))).rejects.toThrow('Drop "blocking: false"')
  })

  it('lets an operation that yields take its time', async () => {
    const run = async () => {
      await wait(250)
      return { output: page }
    }
    await checkYields(tried({ run, traits: { blocking: false } }))
  })

  it('refuses a parameter without an effect, and one that nobody tries', async () => {
    await expect(checkEffect(tried({ run: () => ({ output: page }) }), 'from')).rejects.toThrow('has no effect')
    await expect(checkEffect(tried({}, { effects: {} }), 'from')).rejects.toThrow('effects: { from: { value: … } }')
  })

  it('lets an effect stand on further parameters or another input', async () => {
    const params = z.strictObject({ on: z.boolean().default(false), by: z.int().default(1) })
    const run = ({ input, params: { on, by } }: { input: Pixels; params: z.output<typeof params> }) => ({
      output: { ...input, data: input.data.map((value) => value + (on ? by : 0)) },
    })
    await expect(checkEffect(tried({ params, run } as never, { effects: { by: { value: 5 } } }), 'by')).rejects.toThrow('no effect')
    await checkEffect(tried({ params, run } as never, { effects: { by: { value: 5, with: { on: true } } } }), 'by')
  })

  it('refuses a change of size without a map, and a map that leads elsewhere', async () => {
    const half: Pixels = { ...page, width: 2, data: new Uint8Array(4) }
    await expect(checkGeometry(tried({ run: () => ({ output: half }) }))).rejects.toThrow('gave no matrix')
    await expect(checkGeometry(tried({ run: () => ({ output: half, matrix: translation(500, 0) }) }))).rejects.toThrow(
      'is not where the input',
    )
    await expect(checkGeometry(tried({ run: () => ({ output: half, matrix: [0, 0, 0, 0, 0, 0, 0, 0, 0] }) }))).rejects.toThrow('is no map')
    await checkGeometry(tried({ run: () => ({ output: half, matrix: translation(2, 0) }) }))
    await checkGeometry(tried({ run: () => ({ output: half, matrix: null }) }))
  })

  it('refuses engines that do not say what they are', async () => {
    let moment = 0
    const engine = (parts: Partial<Engine>): Engine => ({
      id: 'engine',
      available: async () => ({ ok: true }),
      fingerprint: async () => 'one',
      open: async () => ({ async [Symbol.asyncDispose]() {} }),
      ...parts,
    })
    await expect(checkEngines(tried({ engines: [engine({ fingerprint: async () => ++moment })] }))).rejects.toThrow(
      'from one moment to the next',
    )
    await expect(
      checkEngines(tried({ engines: [engine({ available: async () => ({ ok: false, why: '', remedy: '' }) })] })),
    ).rejects.toThrow('must say why')
    await expect(
      checkOutputs(tried({ engines: [engine({ available: async () => ({ ok: false, why: 'Gone.', remedy: 'Fetch it.' }) })] })),
    ).rejects.toThrow("skip: 'why'")
  })
})
