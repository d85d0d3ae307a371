// Uploads a file, reads it on the server with live progress, saves the searchable PDF, searches for a word:
// node --conditions=@imagedoc/source src/upload-and-ocr.ts http://127.0.0.1:8420 scan.pdf searchable.pdf Lisboa, with the token in TOKEN.
import { type Client, createClient } from '@imagedoc/client'

/** What there is to know of a file afterwards. */
export interface ReadFile {
  readonly text: string
  /** Pages with the word, each with the boxes in which it stands: points of a PDF, pixels of an image. */
  readonly found: { page: number; boxes: readonly (readonly number[])[] }[]
}

/** Reads one file on the server. `say` is told of each page as it is done. */
export async function uploadAndRead(
  client: Client,
  { file, pdf, word }: { file: string; pdf: string; word: string },
  say: (line: string) => void = console.log,
): Promise<ReadFile> {
  const { id: collection_id } = await client.collections.create({ title: 'Read by a program' })
  const document = await client.uploadDocument(file, {
    collection_id,
    onProgress: ({ sentBytes, totalBytes }) => say(`${sentBytes} of ${totalBytes} bytes`),
  })
  const pipeline = client
    .pipeline('read')
    .step('document.pages', { dpi: 300 }, { id: 'pages' })
    .step('image.deskew', {}, { id: 'straight' })
    .step('ocr.recognize', { languages: ['por'] }, { id: 'words' })
    .step('ocr.text', {}, { id: 'text' })
    .step('pdf.searchable', {}, { id: 'pdf', from: { pages: 'straight', layout: 'words' } })
    .outputs({ 'text.txt': 'text', 'searchable.pdf': 'pdf' })
  const run = client.run({ document_id: document.id }, pipeline)
  let read = 0
  for await (const event of run.events())
    if ((event.type === 'page-done' || event.type === 'cache-hit') && event.step === 'words')
      say(`${++read} of ${document.pages} pages read`)
  const { version } = await run.result()
  const output = (name: string) => ({ output: { version: version.number, name } })
  await client.downloadTo(document, pdf, output('searchable.pdf'))
  const { stream } = await client.download(document, output('text.txt'))
  const { items } = await client.search({ text: word, collection_id })
  const found = items.flatMap(({ page, words }) => (page === null ? [] : { page, boxes: words.flatMap(({ box }) => (box ? [box] : [])) }))
  return { text: await new Response(stream).text(), found }
}

const [, script, url, file, pdf, word] = process.argv
if (script === import.meta.filename && url && file && pdf && word) {
  const { text, found } = await uploadAndRead(createClient({ url, token: process.env.TOKEN }), { file, pdf, word })
  console.log(text)
  for (const { page, boxes } of found) console.log(`"${word}" on page ${page}: ${JSON.stringify(boxes)}`)
}
