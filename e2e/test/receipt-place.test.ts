import {
  createImageDoc,
  createMemoryResultCache,
  fromBytes,
  type Matrix,
  mapPoint,
  type PipelineDefinition,
  type Receipt,
  type ReceiptOutput,
} from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import imagePlugin from '@imagedoc/plugin-image'
import pdfPlugin from '@imagedoc/plugin-pdf'
import { describe, expect, it } from 'vitest'
import finder from '../src/red-plugin.ts'

/**
 * A PDF page of 842 x 595 points, shown after a quarter turn clockwise, with a CropBox and a skewed scan that fills it. A red square of 8 points
 * lies on it at (400, 300) of user space.
 */
async function document(): Promise<Uint8Array> {
  const scan = await renderPage({ seed: 4, width: 1190, height: 1684, dpi: 144, degradation: { from: 'clean', skewDegrees: 3 } })
  const jpeg = await scan.jpeg(90)
  const content = 'q 0 595 -842 0 842 0 cm /I Do Q 1 0 0 rg 396 296 8 8 re f'
  const objects: (string | Uint8Array)[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /CropBox [20 30 800 560] /Rotate 90 /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    Buffer.concat([
      Buffer.from(
        `<< /Type /XObject /Subtype /Image /Width 1190 /Height 1684 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /DCTDecode /Length ${jpeg.length} >>\nstream\n`,
      ),
      jpeg,
      Buffer.from('\nendstream'),
    ]),
  ]
  const parts: Uint8Array[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  for (const [index, object] of objects.entries()) {
    offsets.push(parts.reduce((sum, part) => sum + part.length, 0))
    parts.push(Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n'))
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const start = parts.reduce((sum, part) => sum + part.length, 0)
  parts.push(Buffer.from(`xref\n0 6\n0000000000 65535 f \n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`))
  return Buffer.concat(parts)
}

const pipeline: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 150 } },
    { use: 'image.crop', with: { left: 30, top: 50, width: 1000, height: 1500 } },
    { use: 'image.deskew' },
    { id: 'turned', use: 'image.rotate', with: { angle: -5 } },
    { id: 'red', use: 'test.find-red' },
  ],
  outputs: { 'page.png': 'turned', 'red.json': 'red' },
}

describe('the place of an output in its original, by the receipt', () => {
  it('leads back to the points of a turned PDF page with a CropBox, cold and warm', async () => {
    await using cache = createMemoryResultCache()
    await using imagedoc = createImageDoc({ plugins: [imagePlugin(), pdfPlugin(), finder()], cache })
    const input = fromBytes(await document(), { name: 'page.pdf' })
    const cold = await imagedoc.run(pipeline, { input })
    expect(cold.error).toBeUndefined()
    expect(cold.diagnostics).toMatchObject([{ code: 'SKEW_CORRECTED' }])
    const { x, y } = JSON.parse(new TextDecoder().decode(await (await cold.outputs['red.json']?.at(0))?.bytes())) as {
      x: number
      y: number
    }
    const source = cold.receipt.inputs.input?.[0]?.digest
    for (const name of ['page.png', 'red.json']) {
      const [told] = cold.receipt.outputs[name] as [ReceiptOutput]
      expect(told).toMatchObject({ page: { page: 0, part: [], copy: 0 }, original: { source, width: 780, height: 530, unit: 'pt' } })
      const [pointX, pointY] = mapPoint(told.matrix as Matrix, [x, y])
      // From the top left of the CropBox, y down: 400 - 20 and 560 - 300. A pixel is 72/150 points.
      expect(Math.hypot(pointX - 380, pointY - 260)).toBeLessThan(72 / 150)
    }
    const warm = await imagedoc.run(pipeline, { input })
    // The same steps composed in another order: to the last digits.
    const rounded = (outputs: Receipt['outputs']) =>
      JSON.stringify(outputs, (_, value) => (typeof value === 'number' ? Number(value.toFixed(6)) : value))
    expect(rounded(warm.receipt.outputs)).toEqual(rounded(cold.receipt.outputs))
    expect(warm.diagnostics).toEqual(cold.diagnostics)
    expect(warm.receipt.steps.map(({ pages }) => pages.miss)).toEqual([0, 0, 0, 0, 0])
  })
})
