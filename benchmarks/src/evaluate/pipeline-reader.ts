import { readFile } from 'node:fs/promises'
import { createImageDoc, fromFile } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import type { Reader } from './reader.ts'

/** A pipeline's own text: the output of kind `text` that it gives for the page. Nothing comes from a cache, so the times are real. */
export async function createPipelineReader(pipelinePath: string): Promise<Reader> {
  const imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr()] })
  const pipeline = imagedoc.parse(JSON.parse(await readFile(pipelinePath, 'utf8')))
  return {
    name: pipeline.name ?? 'pipeline',
    async read(path) {
      const result = await imagedoc.run(pipeline, { input: fromFile(path) }, { cache: false })
      if (result.status !== 'done') throw result.error ?? new Error(`The run ended ${result.status}: ${JSON.stringify(result.diagnostics)}`)
      const texts = Object.values(result.outputs).filter((output) => output.kind === 'text')
      const [text] = texts
      if (!text || texts.length > 1) throw new Error(`${pipelinePath} must have exactly one output of kind text; it has ${texts.length}`)
      return new TextDecoder().decode(await (await text.one()).bytes())
    },
    [Symbol.asyncDispose]: () => imagedoc[Symbol.asyncDispose](),
  }
}
