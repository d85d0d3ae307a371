import { parentPort, workerData } from 'node:worker_threads'
import type { Pixels } from '@imagedoc/core'
import ocr from '../src/index.ts'
import type { Recognizer } from '../src/recognizer.ts'
import { fakeContext } from './context.ts'

/** Reads one page in a thread, as core's runner does, and tells the progress. */
const { page, languages } = workerData as { page: Pixels; languages: string[] }
const [operation] = ocr().operations
const engine = operation.engines?.[0]
if (!engine) throw new Error('ocr.recognize has no engine.')
await using instance = await engine.open()
const context = { ...fakeContext<Recognizer>(instance), progress: (done: number) => parentPort?.postMessage({ done }) }
const { output } = await operation.run({ input: page, params: operation.params.parse({ languages }), context })
parentPort?.postMessage({ output })
