import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BlobStore, createFileBlobStore, formatPageId, type PageWork, type PipelineDefinition } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { createPageRecord } from '../workshop/page-record.ts'
import { imageInput, openWorkshop, textOf } from '../workshop/workshop.ts'

let folder: string
let blobs: BlobStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-elsewhere-'))
  blobs = createFileBlobStore({ path: folder })
})
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))

/** Three pages of one pixel: 1, 2, 3. */
const three = imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })

describe('a run whose pages are made in another process', () => {
  it('gives away what stands behind arranged pages by their names, and is told of everything', async () => {
    await using shop = openWorkshop({ blobs })
    await using other = openWorkshop({ blobs })
    const definition: PipelineDefinition = {
      version: 1,
      steps: [
        { id: 'pages', use: 'test.pages' },
        { id: 'dear', use: 'test.clean', with: { by: 0 } },
        { id: 'twice', use: 'pages.join', from: { pages: 'dear', more: 'pages' } },
        { id: 'some', use: 'pages.select', with: { pages: '2-4,3#2' } },
        { id: 'read', use: 'test.read', cache: true },
        { use: 'test.join-some' },
      ],
    }
    const input = imageInput(three)
    const record = createPageRecord(blobs)
    const given: string[] = []
    const find = async (work: PageWork, signal: AbortSignal) => {
      if (!(await record.peek(work))) {
        given.push(`${work.step} ${formatPageId(work.page).replace(/^.*\//, '')}`)
        await other.imagedoc.runPage(definition, { input }, { segment: work.segment, page: formatPageId(work.page), pages: record, signal })
      }
      return record.peek(work)
    }
    const { outputs, receipt, status } = await shop.imagedoc.run(definition, { input }, { pages: { ...record, find } })
    expect(status).toBe('done')
    expect(await textOf(await outputs['test.join-some.txt']!.one())).toBe('2|3|1|3')
    expect(given.sort()).toEqual(['read 1#2', 'read 2', 'read 3', 'read 3#2', 'test.join-some 1'])
    expect({ ...shop.log.taken(), pages: 0 }).toEqual({ pages: 0 })
    expect(other.log.taken()).toMatchObject({ clean: 2, read: 3, 'join-some': 1 })
    // The dear step is told of the pages that it was done on before they were arranged.
    expect(receipt.steps.find(({ id }) => id === 'dear')).toMatchObject({
      pages: { miss: 2 },
      diagnostics: [{ code: 'NOTHING_TO_CLEAN' }, {}],
    })
  })
})
