import type { Digest } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { createBlobCopier } from '../../src/backup/blob-copier.ts'
import { copyRows } from '../../src/backup/copy-rows.ts'
import { loadRows } from '../../src/backup/load-rows.ts'
import { lineOf } from '../../src/backup/row-lines.ts'
import { settle } from '../../src/backup/settle.ts'
import { dropBlob } from '../../src/documents/held-blobs.ts'
import { purgeDocument } from '../../src/documents/purge.ts'
import type { Version } from '../../src/records/document.ts'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import { endRun } from '../../src/runs/claim.ts'
import { publishVersion, removeUnpublished } from '../../src/runs/publish.ts'
import type { Services } from '../../src/services.ts'
import { sweepTrash } from '../../src/sweep/trash.ts'
import { addCollection, addDocument, addRun, someBytes } from '../support/archive.ts'
import { problemsIn } from '../support/assert-consistent.ts'
import { openServices } from '../support/open-services.ts'
import { addUser } from '../support/users.ts'
import { embedded } from './stores.ts'

type Made = Pick<Version, 'receipt' | 'outputs' | 'layouts' | 'has_text' | 'bytes'>

/** A run of the document, which this attempt has. */
async function running(
  services: Services,
  { user_id, collection_id, document_id }: Pick<Run, 'user_id' | 'collection_id' | 'document_id'>,
) {
  const row = { user_id, collection_id, document_id, state: 'running', attempt: 1, ended_at: null } as const
  return (await addRun(services, row)) as Run & { document_id: string }
}

async function madeBy({ blobs }: Services): Promise<Made> {
  const { bytes, original: descriptor } = someBytes()
  await blobs.put('objects', bytes, { mediaType: descriptor.mediaType })
  return { receipt: null, outputs: [{ name: 'page.png', kind: 'image', descriptor }], layouts: [], has_text: false, bytes: descriptor.size }
}

async function publish(services: Services, run: Run & { document_id: string }): Promise<void> {
  const { number } = await publishVersion(services, run, await madeBy(services))
  await endRun(services, run, { state: 'done', error: null, steps: [], pages: { total: 1, done: 1, failed: 0 }, result_version: number })
}

/**
 * An archive, and what is restored of it when `meanwhile` is done right before the first blob of its document is copied, and `beforeEach` before each.
 */
async function copyWhile(
  stack: AsyncDisposableStack,
  meanwhile: (services: Services, at: Archive) => Promise<unknown>,
  beforeEach: (services: Services, at: Archive, digest: Digest) => Promise<unknown> = async () => undefined,
) {
  const services = stack.use(await openServices(await embedded(stack)))
  const { id: user_id } = await addUser(services)
  const { _id: collection_id } = await addCollection(services, { user_id })
  const { _id: document_id } = await addDocument(services, { collection_id })
  const at: Archive = { user_id, collection_id, document_id, run: await running(services, { user_id, collection_id, document_id }) }
  const target = stack.use(await openServices(await embedded(stack)))
  const signal = new AbortController().signal
  const isThere = async (): Promise<boolean> => false
  const copier = createBlobCopier({ from: services.blobs, to: target.blobs, isThere, signal })
  const [lines, lost]: [string[], unknown[]] = [[], []]
  let pending: Promise<unknown> | undefined
  await copyRows({
    tables: services.tables,
    signal,
    write: async (row) => void lines.push(lineOf(row)),
    async copyBlob(blob) {
      pending ??= meanwhile(services, at)
      await pending
      await beforeEach(services, at, blob.digest)
      return copier.copy(blob)
    },
    copied: () => {},
    lost: (blob) => void lost.push(blob),
  })
  const stored = (async function* () {
    yield* lines
  })()
  await loadRows(target.tables, stored, { signal, loaded: () => {} })
  const leftOut = await settle(target.tables)
  const wrong = (await problemsIn(target, { crashed: true })).filter((problem) => !/counted are|lists/.test(problem))
  return { at, target, lost, leftOut, wrong }
}

interface Archive {
  readonly user_id: string
  readonly collection_id: string
  readonly document_id: string
  readonly run: Run & { document_id: string }
}

describe('a document that is copied', () => {
  it('while a run ends on it comes with the version, which is shown, and with the end of the run', async () => {
    await using stack = new AsyncDisposableStack()
    const { at, target, lost, wrong } = await copyWhile(stack, (services, { run }) => publish(services, run))
    expect([lost, wrong]).toEqual([[], []])
    expect(await target.tables.documents.get(at.document_id)).toMatchObject({ current_version: 1 })
    expect(await target.tables.runs.get(at.run._id)).toMatchObject({ state: 'done', result_version: 1 })
    expect(await target.tables.versions.get(at.run._id)).toMatchObject({ number: 1 })
  })

  it('while a run fails that has made a version comes without the version, of which no file counts as lost', async () => {
    await using stack = new AsyncDisposableStack()
    const { at, target, lost, wrong } = await copyWhile(
      stack,
      async (services, { document_id, run }) => {
        const made = await madeBy(services)
        const common = { _id: run._id, revision: 0, created_at: new Date(), run_id: run._id }
        await services.tables.versions.insert({ ...common, document_id, number: 1, ...made })
      },
      async (services, { run }, digest) => {
        const version = await services.tables.versions.get(run._id)
        if (version?.outputs[0]?.descriptor.digest !== digest) return
        const error = { code: 'OPERATION_FAILED', message: 'It failed.', retryable: false, details: null } as never
        await endRun(services, run, { state: 'failed', error, steps: [], pages: { total: 1, done: 0, failed: 1 }, result_version: null })
        await removeUnpublished(services, run._id)
        await dropBlob(services, digest)
      },
    )
    expect([lost, wrong]).toEqual([[], []])
    expect(await target.tables.versions.count('by_document')).toBe(0)
    expect(await target.tables.runs.get(at.run._id)).toMatchObject({ state: 'failed' })
  })

  it('while it is purged is left out with all that belongs to it', async () => {
    await using stack = new AsyncDisposableStack()
    const { target, lost, leftOut, wrong } = await copyWhile(stack, async (services, { document_id }) => {
      const document = await services.tables.documents.get(document_id)
      await purgeDocument(services, document!, { user_id: '' })
    })
    expect([lost, wrong]).toEqual([[], []])
    expect(leftOut).toMatchObject({ documents: 1 })
    expect(await target.tables.documents.count('by_original')).toBe(0)
  })

  it('while its whole collection is purged is left out with it, and its pipelines go to their owner', async () => {
    await using stack = new AsyncDisposableStack()
    const pipeline = newId()
    const { at, target, lost, wrong } = await copyWhile(stack, async (services, { user_id, collection_id }) => {
      const common = { revision: 0, created_at: new Date() }
      await services.tables.pipelines.insert({ ...common, _id: pipeline, user_id, collection_id, name: 'grey', version: 1 })
      const collection = await services.tables.collections.get(collection_id)
      await services.tables.collections.replaceIf({ ...collection!, deleted_at: new Date(1) })
      await sweepTrash(services, new AbortController().signal)
    })
    expect([lost, wrong]).toEqual([[], []])
    expect(await target.tables.collections.count('by_age')).toBe(0)
    expect(await target.tables.runs.get(at.run._id)).toBeUndefined()
    expect(await target.tables.pipelines.get(pipeline)).toMatchObject({ user_id: at.user_id, collection_id: null })
  })

  it('while it changes at every look is taken as it was last', async () => {
    await using stack = new AsyncDisposableStack()
    const { at, target, wrong } = await copyWhile(stack, async ({ tables }, { document_id }) => {
      const { replaceIf, get } = tables.documents
      const restless = async (id: string) => {
        const row = await get(id)
        return row && id === document_id ? await replaceIf({ ...row, title: `${row.title}!` }) : row
      }
      Object.assign(tables.documents, { get: restless })
    })
    expect(wrong).toEqual([])
    expect((await target.tables.documents.get(at.document_id))?.title).toMatch(/!{10}/)
  })
})
