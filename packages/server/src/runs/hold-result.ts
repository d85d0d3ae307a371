import {
  type Descriptor,
  type Digest,
  digestOf,
  formatPageId,
  ImageDocError,
  type Output,
  type OutputEntry,
  parseLayout,
  type Receipt,
  type RunResult,
} from '@imagedoc/core'
import { bytesOf } from '../documents/version-bytes.ts'
import { openStored } from '../files/open-stored.ts'
import type { Version } from '../records/document.ts'
import type { Run } from '../records/run.ts'
import { hasWords } from '../search/read-layout.ts'
import type { Services } from '../services.ts'
import { holdPage } from './held-pages.ts'

type Needs = Pick<Services, 'blobs' | 'lock' | 'now' | 'tables'>

/** Of one version: its row names them all, and is read and listed as a whole. */
const FILES = 20_000

/** What a version names, and the run already holds. */
export type Made = Pick<Version, 'receipt' | 'outputs' | 'layouts' | 'has_text' | 'bytes'>

/** Holds every artifact of a result for the run, so that a version may name them. @throws INVALID_PIPELINE for more than a version may have */
export async function holdResult(services: Needs, run: Run, result: RunResult): Promise<Made> {
  assertFewFiles(result)
  const outputs: Version['outputs'][number][] = []
  for (const [name, output] of Object.entries(result.outputs))
    for (const [index, entry] of output.entries().entries()) {
      const descriptor = await holdEntry(services, run, { segment: `output ${name} ${entry.artifact?.descriptor?.digest ?? ''}`, entry })
      if (descriptor) outputs.push({ name, kind: output.kind, descriptor, ...(output.sequence ? { page: String(index + 1) } : {}) })
    }
  const { layouts, has_text } = await holdLayouts(services, run, Object.values(result.kept))
  const receipt = await holdReceipt(services, run, result.receipt)
  const bytes = bytesOf({ outputs, layouts }) + receipt.size
  return { outputs, layouts, has_text, bytes, receipt: receipt.digest }
}

function assertFewFiles({ outputs }: RunResult): void {
  const files = Object.values(outputs).reduce((sum, output) => sum + output.entries().length, 0)
  if (files <= FILES) return
  const message = `The run made ${files} files, and a version has ${FILES} at most. Name fewer outputs, or one that takes all pages, such as a PDF.`
  throw new ImageDocError('INVALID_PIPELINE', message, { path: 'outputs' })
}

/** Of each page what the last step gave that has one: one that corrects a reading, or puts it into another order, counts before the reader. */
async function holdLayouts(services: Needs, run: Run, kept: readonly Output[]): Promise<Required<Pick<Made, 'layouts' | 'has_text'>>> {
  const entries = kept.flatMap((output) => output.entries())
  const last = new Map(entries.flatMap((entry) => (entry.artifact?.descriptor ? [[formatPageId(entry.artifact.origin.page), entry]] : [])))
  const layouts: Version['layouts'][number][] = []
  let has_text = false
  for (const [page, entry] of last) {
    const descriptor = await holdEntry(services, run, { segment: 'layout', entry })
    if (!descriptor || !entry.artifact) continue
    layouts.push({ page, descriptor, matrix: entry.artifact.origin.matrix })
    // Looked into until there is a word: mostly that is the first page.
    has_text ||= hasWords(parseLayout(JSON.parse(new TextDecoder().decode(await entry.artifact.bytes()))))
  }
  return { layouts, has_text }
}

async function holdEntry(
  services: Needs,
  run: Run,
  { segment, entry: { artifact, page } }: { segment: string; entry: OutputEntry },
): Promise<Version['outputs'][number]['descriptor'] | undefined> {
  if (!artifact?.descriptor) return undefined
  const { kind, meta, descriptor } = artifact
  const done = { kind, meta, matrix: null, descriptor, properties: {} }
  const row = { page: formatPageId(page), segment, outcome: { done, exact: true }, steps: [], diagnostics: [] }
  await holdPage(services, run, { page: row, read: () => artifact.bytes() })
  return descriptor
}

async function holdReceipt(services: Needs, run: Run, receipt: Receipt): Promise<Descriptor> {
  const bytes = new TextEncoder().encode(JSON.stringify(receipt))
  const descriptor: Descriptor = { mediaType: 'application/json', digest: digestOf(bytes), size: bytes.length }
  const done = { kind: 'data', meta: null, matrix: null, descriptor, properties: {} }
  const row = { page: '', segment: 'receipt', outcome: { done, exact: true }, steps: [], diagnostics: [] }
  await holdPage(services, run, { page: row, read: async () => bytes })
  return descriptor
}

/** @throws STORE_FAILED */
export async function readReceipt({ blobs }: Pick<Needs, 'blobs'>, digest: Digest): Promise<Receipt> {
  const chunks = await Array.fromAsync(await openStored(blobs, digest, {}))
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Receipt
}
