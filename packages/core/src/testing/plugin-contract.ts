import { describe, expect, it } from 'vitest'
import type { AnyOperation } from '../operation/operation.ts'
import type { Plugin } from '../plugin/plugin.ts'
import { createRegistry } from '../plugin/registry.ts'
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
} from './plugin-checks.ts'
import type { OperationSample, Tried } from './plugin-samples.ts'

/** What {@link describePluginContract} tries a plugin out with. */
export interface PluginContract<Operations extends readonly AnyOperation[]> {
  /** A sample of every operation, or why there is none here. */
  samples: { readonly [Name in Operations[number]['name']]: OperationSample | { skip: string } }
  /** Milliseconds that an operation may take to notice a cancel. @default 1000 */
  abortMs?: number
}

/**
 * Describes what every plugin must keep to, as tests: descriptions, the module, parameters as JSON Schema, an effect of every parameter,
 * determinism, cancelling, yielding where it says so, untouched inputs, outputs that fit and can be stored, and the map of geometry operations.
 * @example
 * describePluginContract(negate(), {
 *   samples: { 'example.negate': { input: page, params: { by: 10 }, effects: { by: { value: 20 } } } },
 * })
 */
export function describePluginContract<const Operations extends readonly AnyOperation[]>(
  plugin: Plugin<Operations>,
  { samples, abortMs = 1000 }: PluginContract<Operations>,
): void {
  describe(`${plugin.name} keeps to the contract of plugins`, () => {
    it('describes itself', () => checkDescriptions(plugin))
    it('can be put together with others', () =>
      expect(createRegistry([plugin]).operations.size).toBeGreaterThanOrEqual(plugin.operations.length))
    it('is the default export of its module', () => checkModule(plugin))
    for (const operation of plugin.operations) {
      const sample = (samples as Readonly<Record<string, OperationSample | { skip: string } | undefined>>)[operation.name]
      describe(operation.name, () => describeOperation({ plugin, operation, sample, abortMs }))
    }
  })
}

function describeOperation(at: {
  plugin: Plugin
  operation: AnyOperation
  sample: OperationSample | { skip: string } | undefined
  abortMs: number
}): void {
  const { plugin, operation, sample, abortMs } = at
  if (sample === undefined) {
    it('has a sample', () => expect.fail(`There is no sample of ${operation.name}; give one, or { skip: 'why' }.`))
    return
  }
  if ('skip' in sample) {
    it('keeps to the contract', (test) => test.skip(sample.skip))
    return
  }
  const tried = (): Tried => ({ registry: createRegistry([plugin]), plugin, operation, sample })
  it('has strict parameters with a JSON Schema and right defaults', () => checkParams(tried()))
  it('gives what it declares, which can be stored', () => checkOutputs(tried()))
  it('gives the same again', () => checkDeterminism(tried()))
  it('leaves its input alone', () => checkInputsUntouched(tried()))
  it('notices when it is cancelled', () => checkAbort(tried(), abortMs))
  if (operation.traits?.blocking === false) it('yields, as it says', () => checkYields(tried()))
  it('says where its pixels come from', () => checkGeometry(tried()))
  if (operation.engines) it('has engines that say what they are', () => checkEngines(tried()))
  for (const parameter of Object.keys(operation.params.shape)) {
    // The reason stands in the sample, where whoever asks will look.
    if (sample.without?.[parameter] !== undefined) continue
    it(`has an effect of "${parameter}"`, () => checkEffect(tried(), parameter))
  }
}
