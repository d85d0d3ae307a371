import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@imagedoc/client'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { createServer } from '@imagedoc/server'
import { expect, it } from 'vitest'
import { uploadAndRead } from '../src/upload-and-ocr.ts'

it('reads a scanned PDF on a server, tells of each page, and finds a word where it stands', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upload-and-ocr-'))
  try {
    await using server = await createServer({
      environment: {},
      settings: { port: 0, dataFolder: join(folder, 'data'), logLevel: 'silent' },
    })
    const account = { username: 'ana', email: 'ana@example.org', password: 'correct horse battery' }
    const { token } = await createClient({ url: server.url }).auth.register({ ...account, setupToken: server.setupToken ?? undefined })
    const page = await renderPage({ seed: 7, layout: 'letter', width: 900, height: 1200, dpi: 150, degradation: 'light' })
    await writeFile(join(folder, 'scan.pdf'), await scannedPdf([page]))
    const long = page.truth.words.find(({ text }) => /^\p{L}{8,}$/u.test(text))
    const word = long?.text ?? ''
    const lines: string[] = []
    const files = { file: join(folder, 'scan.pdf'), pdf: join(folder, 'searchable.pdf'), word }
    const { text, found } = await uploadAndRead(createClient({ url: server.url, token }), files, (line) => lines.push(line))
    expect(text).toContain(word)
    expect(lines).toContain('1 of 1 pages read')
    expect((await readFile(files.pdf)).subarray(0, 5).toString('latin1')).toBe('%PDF-')
    expect(found.map((hit) => hit.page)).toEqual([1])
    // Points of the PDF against pixels of its page.
    const [left = 0, top = 0] = found[0]?.boxes[0] ?? []
    const [x = 0, y = 0] = long?.box ?? []
    expect(Math.abs(left - (x * 72) / 150)).toBeLessThan(5)
    expect(Math.abs(top - (y * 72) / 150)).toBeLessThan(5)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 90_000)
