import { formatPageId, type PipelineDefinition, type Receipt } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { versionReceipt } from '../../src/documents/version-receipt.ts'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import type { Run } from '../../src/records/run.ts'
import { addCollection } from '../support/archive.ts'
import { type Archive, addCaller, addPdf, ended, openArchive, startOver } from './support.ts'

/** Every step bears the name of whoever wrote it. */
const straightPdf = (name: string): PipelineDefinition => ({
  version: 1,
  steps: [
    { id: `${name}-pages`, use: 'document.pages', with: { dpi: 60 } },
    { id: `${name}-straight`, use: 'image.deskew' },
    { id: `${name}-grey`, use: 'image.grayscale' },
    { id: `${name}-words`, use: 'test.read' },
    { id: `${name}-pdf`, use: 'pdf.searchable', from: { pages: `${name}-grey`, layout: `${name}-words` } },
  ],
  outputs: { 'page.png': `${name}-grey`, 'pages.pdf': `${name}-pdf` },
})

interface Told {
  run: Run
  receipt: Receipt
  /** As whoever follows the run gets them. */
  events: unknown[]
}

async function runAs(archive: Archive, name: string): Promise<Told> {
  const run = await ended(archive.services, await startOver(archive, straightPdf(name)))
  expect(run.error).toBeNull()
  const at = { id: archive.document._id, number: run.result_version ?? 0 }
  const events = await Array.fromAsync(archive.services.runEvents.follow(run._id, { signal: AbortSignal.timeout(10_000) }))
  return { run, receipt: await versionReceipt(archive.services, archive.ana, at), events }
}

/** What the row and the receipt say, with the step behind its owner's name. */
const diagnosticsOf = ({ run, receipt }: Told): string[][] =>
  [run.steps, receipt.steps].map((steps) =>
    steps
      .flatMap(({ id, diagnostics }) =>
        diagnostics.map(({ code, message, page, step }) => {
          expect(step).toBe(id)
          return [id.replace(/^\w+-/, ''), page && formatPageId(page), code, message].join(' ')
        }),
      )
      .sort(),
  )

describe.each(['in one process', 'by workers'])("another user's results from the cache, with runs done %s", (how) => {
  it("tell their diagnostics as of this run's own steps and pages", async () => {
    await using queue = createLocalJobQueue()
    await using archive = await openArchive(how === 'by workers' ? { drivers: { queue, distributed: true } } : {})
    const { services } = archive
    const first = await runAs(archive, 'anas')
    const told = diagnosticsOf(first)
    expect(told[0]?.length).toBe(3)
    expect(told[1]).toEqual(told[0])
    const ben = await addCaller(services)
    const collection = await addCollection(services, { user_id: ben.userId })
    const theirs: Archive = { ...archive, ana: ben, collection, document: await addPdf(services, collection, { pages: 3 }) }
    expect(theirs.document.original.digest).toBe(archive.document.original.digest)
    for (const second of [await runAs(theirs, 'bens'), await runAs(theirs, 'bens')]) {
      expect(second.run.steps.flatMap(({ pages }) => pages.miss)).toEqual([0, 0, 0, 0, 0])
      expect(diagnosticsOf(second)).toEqual(told)
      expect(second.events.filter((event) => JSON.stringify(event).includes('"diagnostic"')).length).toBeGreaterThanOrEqual(3)
      expect(JSON.stringify(second)).not.toContain('anas')
    }
    expect(await services.tables.versions.count('by_document', [theirs.document._id])).toBe(2)
  })
})
