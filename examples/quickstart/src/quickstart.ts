// A scanned document to text and a searchable PDF: node --conditions=@imagedoc/source src/quickstart.ts scan.pdf
import { writeFile } from 'node:fs/promises'
import { createImageDoc, fromFile } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'

/** Reads one document; gives its text and a PDF that can be searched. */
export async function readDocument(path: string): Promise<{ status: string; text: string; pdf: Uint8Array }> {
  await using imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr()] })
  const pipeline = imagedoc
    .pipeline('quickstart')
    .step('document.pages', { dpi: 300 })
    .step('image.deskew', {}, { id: 'straight' })
    .step('image.binarize', { method: 'sauvola' })
    .step('ocr.recognize', { languages: ['por'] }, { id: 'words' })
    .step('ocr.text', {}, { id: 'text' })
    .step('pdf.searchable', {}, { id: 'pdf', from: { pages: 'straight', layout: 'words' } })
    .outputs({ 'text.txt': 'text', 'searchable.pdf': 'pdf' })
  const { status, outputs, error } = await imagedoc.run(pipeline, { input: fromFile(path) })
  if (error) throw error
  const [text, searchable] = await Promise.all([outputs['text.txt']?.one(), outputs['searchable.pdf']?.one()])
  return { status, text: new TextDecoder().decode(await text?.bytes()), pdf: (await searchable?.bytes()) ?? new Uint8Array() }
}

const [, script, path] = process.argv
if (script === import.meta.filename && path !== undefined) {
  const read = await readDocument(path)
  await writeFile('searchable.pdf', read.pdf)
  console.log(read.text)
}
