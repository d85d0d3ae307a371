import type { Engine, Layout, Pixels, Result } from '@imagedoc/core'
import type { z } from 'zod'
import { type OcrOptions, recognize } from '../src/index.ts'
import type { recognizeParams } from '../src/params.ts'
import { createRecognize } from '../src/recognize.ts'
import type { Recognizer } from '../src/recognizer.ts'
import { fakeContext } from './context.ts'

/** One engine of `ocr.recognize`, open, with what a test asks of it. */
export interface Reader extends AsyncDisposable {
  readonly engine: Engine<Recognizer>
  read(page: Pixels, params?: z.input<typeof recognizeParams>, signal?: AbortSignal): Promise<Result<Layout> & { done: number[] }>
}

export async function openReader(id: string, options: OcrOptions = {}): Promise<Reader> {
  const operation = createRecognize(options)
  const engine = operation.engines?.find((candidate) => candidate.id === id)
  if (!engine) throw new Error(`There is no engine ${id}.`)
  const instance = await engine.open()
  return {
    engine,
    async read(page, params = {}, signal) {
      const context = fakeContext<Recognizer>(instance, signal)
      const result = await operation.run({ input: page, params: operation.params.parse(params), context })
      return { ...result, done: context.done }
    },
    [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose](),
  }
}

/** Why the tests of the native program are left out, if they are. In CI that is a failure. */
export async function nativeMissing(): Promise<string | false> {
  const engine = recognize.engines?.find(({ id }) => id === 'tesseract')
  const answer = await engine?.available(recognize.params.parse({ languages: ['por', 'eng'] }))
  if (answer?.ok) return false
  if (process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1') throw new Error(`${answer?.why} ${answer?.remedy}`)
  return `${answer?.why} ${answer?.remedy}`
}
