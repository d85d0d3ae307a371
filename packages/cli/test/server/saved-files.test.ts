import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/server/connect.ts'
import { findFiles, saveFiles } from '../../src/server/saved-files.ts'

type Document = Parameters<typeof findFiles>[1]

const descriptor = { mediaType: 'image/png', digest: `sha256:${'0'.repeat(64)}` as const, size: 4 }
const document = { id: 'a'.repeat(24), title: '../Letter', original: { ...descriptor, mediaType: 'application/pdf' } } as Document

/** A server with these versions, a page of one at a time. */
function clientWith(versions: { number: number; outputs: { name: string; page?: string }[] }[]): Client {
  const list = async ({ after }: { after?: string }) => {
    const at = Number(after ?? 0)
    const { number, outputs } = versions[at] ?? { number: -1, outputs: [] }
    const items = [{ number, outputs: outputs.map((output) => ({ ...output, kind: 'image', descriptor })) }]
    return { items, next: at + 1 < versions.length ? String(at + 1) : null }
  }
  return { documents: { versions: { list } } } as unknown as Client
}

const find = (client: Client, version: number) => findFiles(client, document, { version, signal: new AbortController().signal })

describe('the files of a document', () => {
  it('are its original for version 0, without a question to the server', async () => {
    expect(await find(clientWith([]), 0)).toEqual([{ name: '_Letter.pdf', descriptor: document.original }])
  })

  it('are the outputs of a version wherever it stands in the list, each page of a sequence with its number', async () => {
    const outputs = [{ name: 'page.png', page: 'p1' }, { name: 'text.txt' }, { name: 'page.png', page: 'p2' }]
    const files = await find(
      clientWith([
        { number: 3, outputs: [] },
        { number: 2, outputs },
      ]),
      2,
    )
    expect(files.map(({ name, output }) => [name, output])).toEqual([
      ['_Letter/page-0001.png', { version: 2, name: 'page.png', page: 'p1' }],
      ['_Letter/text.txt', { version: 2, name: 'text.txt', page: undefined }],
      ['_Letter/page-0002.png', { version: 2, name: 'page.png', page: 'p2' }],
    ])
  })

  it('are an error for a version that it does not have', async () => {
    await expect(find(clientWith([{ number: 1, outputs: [] }]), 7)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('saving files of a document', () => {
  it('is OUTPUT_EXISTS where a file lies where their folder should be, as when the original was downloaded there before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'imagedoc-save-'))
    writeFileSync(join(folder, 'letter.png'), '')
    const place = { path: join(folder, 'letter.png', 'page-0001.png'), shown: 'out/letter.png/page-0001.png' }
    const files = [{ name: 'letter.png/page-0001.png', descriptor, place }]
    const saving = saveFiles(clientWith([]), { document: document.id, files, force: true, signal: new AbortController().signal })
    await expect(saving).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      message: 'out/letter.png/page-0001.png: a file is where a folder should be. Choose another folder with -o.',
    })
    expect(readdirSync(folder)).toEqual(['letter.png'])
    rmSync(folder, { recursive: true })
  })
})
