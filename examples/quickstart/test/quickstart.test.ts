import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { readDocument } from '../src/quickstart.ts'

it('reads a scanned PDF', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quickstart-'))
  try {
    const page = await renderPage({ seed: 7, layout: 'letter', width: 900, height: 1200, dpi: 150, degradation: 'light' })
    await writeFile(join(folder, 'scan.pdf'), await scannedPdf([page]))
    const read = await readDocument(join(folder, 'scan.pdf'))
    const words = page.truth.text.split(/\s+/)
    const found = words.filter((word) => read.text.includes(word))
    expect(read.status).toBe('done')
    expect(found.length / words.length).toBeGreaterThan(0.9)
    expect(new TextDecoder('latin1').decode(read.pdf.subarray(0, 5))).toBe('%PDF-')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
