import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { type Archive, breakingNetwork, startArchive, twoPages } from './support/archive.ts'

let archive: Archive
let file: Uint8Array<ArrayBuffer>
let digest: string
let collection_id: string
beforeAll(async () => {
  archive = await startArchive()
  file = await twoPages()
  digest = `sha256:${createHash('sha256').update(file).digest('hex')}`
  collection_id = (await archive.client.collections.create({ title: 'Letters' })).id
}, 60_000)
afterAll(() => archive[Symbol.asyncDispose]())

describe('with the real server', () => {
  it('a file becomes a document, is listed, shown by page, and comes back as it was', async () => {
    const { client, folder } = archive
    const path = join(folder, 'carta de 1784.pdf')
    await writeFile(path, file)
    const document = await client.uploadDocument(path, { collection_id, metadata: { author: 'Kant', language: 'de' } })
    expect(document).toMatchObject({
      title: 'carta de 1784.pdf',
      pages: 2,
      original: { digest, size: file.length, mediaType: 'application/pdf' },
    })
    expect((await client.documents.list({ collection_id })).items).toEqual([document])
    const page = await client.pageImage(document, { page: 2, width: 160 })
    expect(page.type).toBe('image/jpeg')
    expect([...new Uint8Array(await page.slice(0, 2).arrayBuffer())]).toEqual([0xff, 0xd8])
    const saved = await client.downloadTo(document, join(folder, 'copy.pdf'))
    expect(saved).toMatchObject({ name: 'carta de 1784.pdf', mediaType: 'application/pdf', size: file.length, digest })
    expect(new Uint8Array(await readFile(saved.path))).toEqual(file)
    const { stream, size } = await client.download(document, { range: { start: 0, end: 4 } })
    expect([size, await new Response(stream).text()]).toEqual([5, '%PDF-'])
  })

  it('a preview shows what steps make of a page, also a region of the full size, and a newer one ends an older one', async () => {
    const { client } = archive
    const document = await client.uploadDocument(new Blob([file]), { collection_id, title: 'two pages' })
    const steps = client.pipeline().step('image.crop', { width: '50%', height: '50%' }).step('image.adjust', { brightness: 1.2 })
    const shown = await client.preview(document, { page: 2, steps, maxPixels: 120_000, format: 'png' })
    expect([shown.type, ...(await pngSize(shown))]).toEqual(['image/png', 150, 200])
    const exact = await client.preview(document, { page: 2, steps, crop: { left: 10, width: '50%', height: 7 }, format: 'png' })
    expect(await pngSize(exact)).toEqual([150, 7])
    await expect(client.preview(document, { page: 1, steps: [{ use: 'image.binarize' }] })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      path: 'steps[0].use',
    })
    const older = client.preview(document, { page: 1, steps: [{ use: 'image.rotate', with: { angle: 3 } }] })
    const newer = client.preview(document, { page: 1, steps: [{ use: 'image.rotate', with: { angle: 4 } }] })
    await expect(older).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await newer).type).toBe('image/jpeg')
  })

  it('an upload over a network that breaks goes on where it stopped', async () => {
    // Spaces behind the end of a PDF are allowed, and make it large enough to be cut.
    const large = new Uint8Array([...file, ...new Uint8Array(12 * 2 ** 20).fill(0x20)])
    await using network = await breakingNetwork(archive.url, 10 * 2 ** 20)
    const far = createClient({ url: network.url, token: archive.token })
    const sent = await far.upload(new Blob([large]), { filename: 'large.pdf' })
    expect(network.cuts()).toBe(1)
    const document = await far.documents.create({ collection_id, upload: sent.id })
    expect(document.original).toMatchObject({ digest: sent.digest, size: large.length })
  })

  it('what the server refuses keeps its code', async () => {
    const { client } = archive
    await expect(client.upload(new Blob(['no document at all']))).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    await expect(client.collections.get({ id: '0'.repeat(24) })).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false })
    await expect(client.collections.create({ title: '' })).rejects.toMatchObject({ code: 'INVALID_REQUEST', path: 'title' })
    await expect(client.download('0'.repeat(24))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const stranger = createClient({ url: archive.url, token: 'ids_none' })
    await expect(stranger.collections.list({})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(stranger.upload(new Blob(['%PDF-']))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('the builder’s pipelines are understood, saved and found again', async () => {
    const { client } = archive
    const definition = client.pipeline('grey').step('document.pages').step('image.grayscale')
    expect(await client.pipelines.validate({ definition })).toMatchObject({ valid: true })
    // Too long for an address: it is posted.
    const long = { version: 1 as const, steps: Array.from({ length: 600 }, () => ({ use: 'image.grayscale' })) }
    expect(await client.pipelines.validate({ definition: long })).toMatchObject({ valid: true })
    const saved = await client.pipelines.save({ name: 'Grey', definition })
    expect((await client.pipelines.get({ id: saved.id })).definition).toEqual(definition.toJSON())
  })

  it('a create that is repeated with its key makes one row', async () => {
    const { client } = archive
    const input = { title: 'Maps', idempotencyKey: 'import-0001' }
    const rows = await Promise.all([client.collections.create(input), client.collections.create(input)])
    expect(rows[0]?.id).toBe(rows[1]?.id)
  })
})

/** Width and height, from the header. */
async function pngSize(png: Blob): Promise<number[]> {
  const header = new DataView(await png.slice(16, 24).arrayBuffer())
  return [header.getUint32(0), header.getUint32(4)]
}
