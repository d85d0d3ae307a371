import { describe, expect, it } from 'vitest'
import type { PipelineDefinition } from '../../src/index.ts'
import { compilePipeline } from '../../src/pipeline/compile.ts'
import { createEngineAnswers } from '../../src/plan/engines.ts'
import { makePlan } from '../../src/plan/make-plan.ts'
import type { Plan, PlannedStep } from '../../src/plan/plan.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createWorkLog } from '../workshop/log.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { createProvider, type Provider } from '../workshop/text-operations.ts'

type Step = PipelineDefinition['steps'][number]

async function planOf(steps: Step[], more: Partial<PipelineDefinition> & { provider?: Provider } = {}): Promise<Plan> {
  const { provider = createProvider(), ...definition } = more
  const registry = createRegistry([workshopPlugin(createWorkLog(), provider)])
  return makePlan(compilePipeline({ version: 1, steps, ...definition }, registry), registry, { answers: createEngineAnswers() })
}

const planned = (plan: Plan, id: string): PlannedStep | undefined =>
  [...plan.steps.values()].find(({ step }) => step.id === id && !step.operation.name.startsWith('output.'))
const idsOf = (plan: Plan, what: 'persisted' | 'border'): string[] =>
  [...plan.steps.values()].filter((step) => step[what]).map(({ step }) => step.operation.name)
const segments = (plan: Plan): string[][] =>
  [...plan.segments.values()].map((segment) => segment.steps.map(({ step }) => step.operation.name))

describe('what is persisted', () => {
  it('is what leaves an expansion, heavy steps, the last image before another result, and outputs', async () => {
    const plan = await planOf([
      { use: 'test.pages' },
      { use: 'test.add' },
      { use: 'test.clean' },
      { use: 'test.crop', with: { left: 1 } },
      { use: 'test.add', id: 'last' },
      { use: 'test.read' },
      { use: 'test.join' },
    ])
    expect(idsOf(plan, 'persisted')).toEqual(['test.pages', 'test.clean', 'test.add', 'test.join'])
    expect(planned(plan, 'last')?.persisted).toBe(true)
    expect(planned(plan, 'test.add')?.persisted).toBe(false)
  })

  it('is the file of an image output, not its pixels', async () => {
    const plan = await planOf([{ use: 'test.add' }])
    expect(idsOf(plan, 'persisted')).toEqual(['output.png'])
    expect(segments(plan)).toEqual([['test.add', 'output.png']])
  })

  it('is what a step says of itself, whatever the default', async () => {
    const plan = await planOf([{ use: 'test.add', cache: true }, { use: 'test.clean', cache: false }, { use: 'test.read' }])
    expect(planned(plan, 'test.add')?.persisted).toBe(true)
    expect(planned(plan, 'test.clean')?.persisted).toBe(false)
  })
})

describe('a segment', () => {
  it('is a chain that goes on until something is kept', async () => {
    const plan = await planOf(
      [
        { use: 'test.add' },
        { use: 'test.add', id: 'b' },
        { use: 'test.clean' },
        { use: 'test.double' },
        { use: 'test.crop', with: { left: 1 } },
      ],
      { outputs: { 'a.png': 'test.crop' } },
    )
    expect(segments(plan)).toEqual([
      ['test.add', 'test.add', 'test.clean'],
      ['test.double', 'test.crop', 'output.png'],
    ])
  })

  it('ends where two steps take its result', async () => {
    const plan = await planOf([{ use: 'test.add' }, { use: 'test.double' }, { use: 'test.crop', with: { left: 1 }, from: 'test.add' }], {
      outputs: { 'a.png': 'test.double', 'b.png': 'test.crop' },
    })
    expect(segments(plan)).toEqual([['test.add'], ['test.double', 'output.png'], ['test.crop', 'output.png']])
    expect(idsOf(plan, 'persisted')).toEqual(['output.png', 'output.png'])
  })

  it('ends before the network, and before what gathers', async () => {
    const plan = await planOf([
      { use: 'test.words' },
      { use: 'test.translate', with: { to: 'de' } },
      { use: 'test.join' },
      { use: 'test.translate', with: { to: 'fr' }, engine: 'local', id: 'again' },
    ])
    expect(segments(plan)).toEqual([['test.words'], ['test.translate'], ['test.join', 'test.translate']])
  })

  it('follows the first port for one artifact; the others are inputs', async () => {
    const plan = await planOf([
      { use: 'test.add' },
      { use: 'test.double', from: 'input' },
      { use: 'test.stamp', from: { page: 'test.double', mark: 'test.add' } },
    ])
    expect(segments(plan)).toEqual([['test.add'], ['test.double', 'test.stamp', 'output.png']])
  })
})

describe('a plan', () => {
  it('has only the steps that an output needs', async () => {
    const plan = await planOf([{ use: 'test.add' }, { use: 'test.read' }, { use: 'test.shout' }], { outputs: { 'a.png': 'test.add' } })
    expect([...plan.steps.keys()].map(({ operation }) => operation.name)).toEqual(['test.add', 'output.png'])
  })

  it('counts the codec in the key only where it may convert', async () => {
    const plan = await planOf([{ use: 'test.add' }, { use: 'test.double' }, { use: 'test.read' }, { use: 'test.shout' }])
    expect([...plan.steps.values()].map(({ codec }) => codec)).toEqual(['workshop/1', undefined, undefined, undefined])
  })

  it('of a thousand steps is made in no time worth naming', async () => {
    const steps: Step[] = Array.from({ length: 1000 }, () => ({ use: 'test.add' }))
    await planOf(steps.slice(0, 10))
    const started = performance.now()
    const plan = await planOf(steps)
    expect(plan.steps.size).toBe(1001)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('the engine of a step', () => {
  const step: Step = { use: 'test.translate', with: { to: 'de' } }
  const silent = { ...createProvider(), available: false }

  it('is the first that is available, and the plan says why', async () => {
    expect(planned(await planOf([step]), 'test.translate')?.chosen).toMatchObject({
      engine: { id: 'remote' },
      fingerprint: { id: 'remote', is: { model: 'model-1', to: 'de' } },
      why: 'first of the operation',
    })
    expect(planned(await planOf([step], { provider: silent }), 'test.translate')?.chosen).toMatchObject({
      engine: { id: 'local' },
      why: expect.stringContaining('The provider is not configured.'),
    })
  })

  it('is the one that the step names, or none', async () => {
    expect(planned(await planOf([{ ...step, engine: 'local' }]), 'test.translate')?.chosen).toMatchObject({
      engine: { id: 'local' },
      why: 'named by the step',
    })
    await expect(planOf([{ ...step, engine: 'remote' }], { provider: silent })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      path: 'steps[0].engine',
    })
  })

  it('that is missing is a problem of the plan, each in one report', async () => {
    const remote = { ...step, use: 'test.translate-remote' }
    const error = await planOf([remote, { ...remote, id: 'b' }], { provider: silent }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      path: 'steps[0]',
      details: { problems: [{ path: 'steps[0]' }, { path: 'steps[1]' }] },
    })
  })

  it.each(['skip', 'pass'] as const)('that is missing is planned so where the step says "%s"', async (onError) => {
    const plan = await planOf([{ ...step, use: 'test.translate-remote', onError }], { provider: silent })
    expect(planned(plan, 'test.translate-remote')).toMatchObject({
      chosen: null,
      unavailable: { code: 'ENGINE_UNAVAILABLE', severity: 'warning', step: 'test.translate-remote' },
    })
  })

  it('that cannot even answer is not available', async () => {
    const registry = createRegistry([workshopPlugin()])
    const engine = registry.operations.get('test.translate-remote')?.operation.engines?.[0]
    const broken = { ...engine, id: 'x', available: () => Promise.reject(new Error('It fell over.')) } as unknown as NonNullable<
      typeof engine
    >
    expect(await createEngineAnswers().ask(broken, {})).toMatchObject({ ok: false, why: 'It fell over.' })
  })

  it('is asked once a minute for the same parameters', async () => {
    let now = 0
    let asked = 0
    const answers = createEngineAnswers(() => now)
    const engine = {
      id: 'x',
      available: async () => {
        asked++
        return { ok: true as const }
      },
      fingerprint: async () => 1,
      open: async () => ({ async [Symbol.asyncDispose]() {} }),
    }
    for (const params of [{ a: 1 }, { a: 1 }, { a: 2 }]) await answers.ask(engine, params)
    expect(asked).toBe(2)
    now = 61_000
    await answers.ask(engine, { a: 1 })
    await answers.ask(engine, { a: 1 })
    expect(asked).toBe(3)
  })
})
