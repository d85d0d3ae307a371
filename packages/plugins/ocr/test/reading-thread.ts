import { parentPort, workerData } from 'node:worker_threads'
import type { Pixels } from '@imagedoc/core'
import ocr, { type OcrOptions } from '../src/index.ts'
import type { Recognizer } from '../src/recognizer.ts'
import { fakeContext } from './context.ts'

/** Reads one page in a thread, as core's runner does, and tells the progress. */
const { page, languages, engine: id, options } = workerData as { page: Pixels; languages: string[]; engine: string; options?: OcrOptions }
const [operation] = ocr(options).operations
const engine = operation.engines?.find((candidate) => candidate.id === id)
if (!engine) throw new Error('ocr.recognize has no engine.')
await using instance = await engine.open()
const context = { ...fakeContext<Recognizer>(instance), progress: (done: number) => parentPort?.postMessage({ done }) }
const { output } = await operation.run({ input: page, params: operation.params.parse({ languages }), context })
parentPort?.postMessage({ output })
