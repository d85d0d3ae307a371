// The host that hostile.ts watches: ISOLATION LIMIT_MS; a path a line in, an outcome a line out.
import { createInterface } from 'node:readline'
import { createImageDoc, fromFile, type PipelineDefinition } from '@imagedoc/core'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'

const [isolation, limitMs] = process.argv.slice(2) as ['in-process' | 'children', string]
hardenProcess()
/** Every page, decoded and written again. */
const pipeline: PipelineDefinition = {
  version: 1,
  steps: [{ use: 'document.pages' }, { use: 'image.grayscale' }],
  outputs: { 'page.png': 'image.grayscale' },
}
const imagedoc = createImageDoc({ plugins: [image(), pdf()], isolation, limits: { timeoutMs: Number(limitMs), pages: 50 } })
for await (const path of createInterface({ input: process.stdin })) {
  const start = performance.now()
  const told: { end: 'result' | 'code'; code: string; message: string; warnings: number } = {
    end: 'result',
    code: '',
    message: '',
    warnings: 0,
  }
  try {
    const { status, error, outputs, diagnostics } = await imagedoc.run(pipeline, { input: fromFile(path) }, { cache: false })
    const found = [...new Set(diagnostics.map((diagnostic) => diagnostic.code))]
    told.warnings = diagnostics.filter(({ severity }) => severity === 'warning').length
    told.message = [`${outputs['page.png']?.length ?? 0} pages`, ...found].join(', ')
    if (status !== 'done') Object.assign(told, { end: 'code', code: error?.code ?? status, message: error?.message ?? '' })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    Object.assign(told, { end: 'code', code: code ?? `no code: ${message}`, message })
  }
  const rssMB = process.memoryUsage.rss() / 1024 ** 2
  process.stdout.write(`${JSON.stringify({ ...told, ms: performance.now() - start, rssMB })}\n`)
}
await imagedoc[Symbol.asyncDispose]()
