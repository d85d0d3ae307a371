import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { type Limits, limitsWith } from './artifact/limits.ts'
import type { Inputs } from './artifact/source.ts'
import { createFileBlobStore } from './drivers/file-blob-store.ts'
import { createMemoryResultCache } from './drivers/memory-result-cache.ts'
import type { Json } from './errors/error.ts'
import { ImageDocError } from './errors/error.ts'
import { createContext, type RunDependencies } from './execute/context.ts'
import { type Explanation, explainPlan } from './execute/explain.ts'
import type { Receipt } from './execute/receipt.ts'
import { matchInputs, type ReplayResult, sameOutputs } from './execute/replay.ts'
import { executeRun, type RunOptions, type RunResult } from './execute/run.ts'
import { executePage, type PageRequest, planAsElsewhere } from './execute/run-page.ts'
import type { AnyOperation } from './operation/operation.ts'
import { type Builder, createBuilder, type EmptyBuilder, type Given } from './pipeline/builder.ts'
import { compilePipeline, findProblems } from './pipeline/compile.ts'
import type { PipelineDefinition } from './pipeline/definition.ts'
import { installedJsonSchema } from './pipeline/json-schema.ts'
import { describeOperations, type OperationInfo } from './pipeline/operation-info.ts'
import type { Problem } from './pipeline/problem.ts'
import { createEngineAnswers } from './plan/engines.ts'
import { makePlan } from './plan/make-plan.ts'
import type { KeepStep, Plan } from './plan/plan.ts'
import type { Plugin } from './plugin/plugin.ts'
import { createRegistry } from './plugin/registry.ts'
import type { BlobStore } from './ports/blob-store.ts'
import type { ResultCache } from './ports/result-cache.ts'
import type { StepRunner } from './ports/step-runner.ts'
import { createChildrenRunner } from './runner/children.ts'
import { createInProcessRunner } from './runner/in-process.ts'

/** What {@link createImageDoc} takes. */
export interface ImageDocOptions<Plugins extends readonly Plugin<readonly AnyOperation[]>[]> {
  plugins: Plugins
  /** Disposed by whoever made it. @default 256 MiB in memory, for the life of this object */
  cache?: ResultCache
  /** Disposed by whoever made it. @default a temporary folder, removed when this object is disposed */
  blobs?: BlobStore
  /** `children`: pages are worked on in child processes with limits of time and memory. @default 'in-process' */
  isolation?: 'in-process' | 'children'
  /** Of `children`: how many are at work at a time; as many again may hold an open document. @default processor cores */
  children?: number
  /** Of `children`: they give way to every other process on the machine, for work that nobody waits for. @default false */
  background?: boolean
  /** @default 100 MP, 2 GiB a file, 5000 pages, 120 s a step and page, 2 GiB of memory a child */
  limits?: Partial<Limits>
  /** Pages in flight. @default processor cores + 1 */
  concurrency?: number
}

/** A pipeline as a definition or as a builder. */
export type AnyPipeline = PipelineDefinition | Pick<Builder<AnyOperation, Given, string>, 'toJSON'>

/** The installed plugins, ready to run pipelines. */
export interface ImageDoc<Operations extends AnyOperation> extends AsyncDisposable {
  /** Starts a pipeline in code. */
  pipeline(name?: string): EmptyBuilder<Operations>
  /** Checks a definition against the installed plugins. @throws INVALID_PIPELINE with every problem, its JSON path and its remedy */
  parse(definition: unknown): PipelineDefinition
  /** Every problem of a definition, errors and warnings. */
  problems(definition: unknown): Problem[]
  /** What a run would do. @throws INVALID_PIPELINE, ENGINE_UNAVAILABLE */
  explain(pipeline: AnyPipeline, inputs: Inputs): Promise<Explanation>
  /**
   * Runs a pipeline. Resolves however the run ends: `status` tells, `error` holds the first failure.
   * @throws INVALID_PIPELINE, ENGINE_UNAVAILABLE, CODEC_MISSING before anything ran
   */
  run(pipeline: AnyPipeline, inputs: Inputs, options?: RunOptions): Promise<RunResult>
  /**
   * Does one piece of a run that another process began, and writes it into that run's record of pages.
   * @throws what it failed with, and what `run` throws; ENGINE_CHANGED when this process would do it otherwise, or cannot; NOT_FOUND
   */
  runPage(pipeline: AnyPipeline, inputs: Inputs, request: PageRequest): Promise<void>
  /** Runs a receipt's pipeline again, without the cache, and says whether the outputs are the same. @throws REPLAY_MISMATCH */
  replay(receipt: Receipt, inputs: Inputs, options?: RunOptions): Promise<ReplayResult>
  /** The installed operations: what help, a reference page or a form needs. */
  operations(): OperationInfo[]
  /** JSON Schema of the pipelines that the installed plugins can run. */
  schema(): Json
}

/**
 * Puts plugins together into something that runs pipelines. Dispose it, or its threads keep the process alive.
 * @throws PLUGIN_CONFLICT, PLUGIN_API_VERSION, PLUGIN_INVALID, INVALID_CONFIG for limits or a concurrency that are none
 * @example
 * await using imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr()] })
 * const pipeline = imagedoc.pipeline().step('document.pages').step('ocr.recognize', { languages: ['por'] }).step('ocr.text')
 * const { outputs } = await imagedoc.run(pipeline, { input: fromFile('letter.pdf') })
 */
export function createImageDoc<const Plugins extends readonly Plugin<readonly AnyOperation[]>[]>(
  options: ImageDocOptions<Plugins>,
): ImageDoc<Plugins[number]['operations'][number]> {
  const registry = createRegistry(options.plugins)
  const limits = limitsWith(options.limits ?? {})
  const concurrency = options.concurrency ?? availableParallelism() + 1
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new ImageDocError('INVALID_CONFIG', `"concurrency" is ${concurrency}; write a whole number from 1 on.`)
  const owned = createOwned(options)
  const answers = createEngineAnswers()
  const runner = createRunner(options, { registry, limits, concurrency })
  const versions = {
    '@imagedoc/core': manifest.version,
    ...Object.fromEntries(registry.plugins.map((plugin) => [plugin.name, plugin.version])),
  }
  const dependencies: RunDependencies = {
    registry,
    runner,
    cache: owned.cache,
    blobs: owned.blobs,
    scratch: owned.scratch,
    limits,
    concurrency,
    versions,
  }
  const plan = async (pipeline: AnyPipeline, inputs: Inputs, keep?: KeepStep): Promise<Plan> => {
    const definition = 'toJSON' in pipeline ? pipeline.toJSON() : pipeline
    const lists = new Set(Object.entries(inputs).flatMap(([name, given]) => (Array.isArray(given) ? [name] : [])))
    const compiled = compilePipeline(definition, registry, { lists })
    const empty = Object.keys(inputs).find((name) => Array.isArray(inputs[name]) && (inputs[name] as readonly unknown[]).length === 0)
    if (empty !== undefined)
      throw new ImageDocError('INPUT_MISSING', `The list of the input "${empty}" is empty; give it at least one file.`, {
        path: `inputs.${empty}`,
      })
    for (const name of Object.keys(inputs)) {
      if (!compiled.inputs.has(name))
        throw new ImageDocError('USAGE', `The pipeline has no input "${name}"; it has: ${[...compiled.inputs.keys()].join(', ')}.`)
    }
    return makePlan(compiled, registry, { answers, keep })
  }
  const run = async (pipeline: AnyPipeline, inputs: Inputs, runOptions: RunOptions = {}): Promise<RunResult> =>
    executeRun(dependencies, await plan(pipeline, inputs, runOptions.keep), { inputs, options: runOptions })
  return {
    pipeline: (name) => createBuilder(name),
    parse: (definition) => compilePipeline(definition, registry).definition,
    problems: (definition) => findProblems(definition, registry),
    explain: async (pipeline, inputs) => {
      const context = createContext(dependencies, await plan(pipeline, inputs), {
        inputs,
        signal: new AbortController().signal,
        caching: true,
        emit: () => undefined,
      })
      return explainPlan(context)
    },
    run,
    runPage: async (pipeline, inputs, request) =>
      executePage(dependencies, await planAsElsewhere(plan(pipeline, inputs, request.keep)), { inputs, request }),
    async replay(receipt, inputs, runOptions = {}) {
      const result = await run(receipt.pipeline, await matchInputs(receipt, inputs), { ...runOptions, cache: false })
      return { ...result, same: sameOutputs(receipt, result) }
    },
    operations: () => describeOperations(registry),
    schema: () => installedJsonSchema(registry),
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]()
      await owned[Symbol.asyncDispose]()
    },
  }
}

type RunnerOptions = Pick<ImageDocOptions<[]>, 'background' | 'children' | 'isolation'>

function createRunner(
  { background = false, children, isolation }: RunnerOptions,
  { concurrency, ...at }: Pick<RunDependencies, 'registry' | 'limits' | 'concurrency'>,
): StepRunner {
  if (isolation !== 'children') return createInProcessRunner({ registry: at.registry, concurrency })
  return createChildrenRunner({ ...at, background, ...(children === undefined ? {} : { children }) })
}

interface Owned extends AsyncDisposable {
  cache: ResultCache
  blobs: BlobStore
  scratch(): Promise<BlobStore>
}

/** The stores that nobody gave, and a scratch one for what is not to be kept; gone with this object. */
function createOwned(options: { cache?: ResultCache; blobs?: BlobStore }): Owned {
  let scratch: Promise<{ path: string; store: BlobStore }> | undefined
  const open = async (): Promise<BlobStore> => {
    scratch ??= mkdtemp(join(tmpdir(), 'imagedoc-')).then((path) => ({ path, store: createFileBlobStore({ path }) }))
    return (await scratch).store
  }
  const cache = options.cache ?? createMemoryResultCache()
  return {
    cache,
    blobs: options.blobs ?? lazyBlobs(open),
    scratch: open,
    async [Symbol.asyncDispose]() {
      if (!options.cache) await cache[Symbol.asyncDispose]()
      const opened = await scratch?.catch(() => undefined)
      await opened?.store[Symbol.asyncDispose]()
      if (opened) await rm(opened.path, { recursive: true, force: true })
    },
  }
}

/** A store that is opened when it is first used. */
function lazyBlobs(open: () => Promise<BlobStore>): BlobStore {
  return {
    put: async (...rest) => (await open()).put(...rest),
    open: async (...rest) => (await open()).open(...rest),
    stat: async (...rest) => (await open()).stat(...rest),
    promote: async (...rest) => (await open()).promote(...rest),
    delete: async (...rest) => (await open()).delete(...rest),
    async *list(...rest) {
      yield* (await open()).list(...rest)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
