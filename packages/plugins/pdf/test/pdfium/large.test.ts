import { randomFillSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pixels } from '@imagedoc/core'
import { afterAll, expect, it } from 'vitest'
import { openDocument } from '../../src/pdfium/document.ts'
import { createRuntime } from '../../src/pdfium/heap.ts'
import { readPage } from '../../src/pdfium/page.ts'
import { addRawImage, document } from '../support/documents.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-large-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

it("reads a document that is larger than PDFium's memory grows", async () => {
  const side = 3000
  const images = Array.from({ length: 12 }, () => randomFillSync(new Uint8Array(side * side)))
  const image = { Width: side, Height: side, ColorSpace: 'DeviceGray', BitsPerComponent: 8 }
  const bytes = await document((made) => {
    for (const data of images) addRawImage(made, data, image)
  })
  const runtime = await createRuntime()
  const open = await openDocument(runtime, { mediaType: 'application/pdf', bytes }, { tmp: () => folder })
  const grown = () => ((runtime.api as unknown as { pdfium: unknown }).pdfium as unknown as { HEAPU8: Uint8Array }).HEAPU8.length
  const limits = { pixels: 10_000_000 }
  for (const index of [...images.keys(), 0]) {
    const { value } = readPage(open, index, { dpi: 72, limits })
    expect(Buffer.from((value as Pixels).data).equals(images[index] as Uint8Array)).toBe(true)
  }
  expect(grown()).toBeLessThan(bytes.length)
  open.close()
})
