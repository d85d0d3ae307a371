import { type BlobStore, createLayout, digestOf, formatPageId, type Layout, type LayoutDraft, type Matrix, type Word } from '@imagedoc/core'
import type { Document, Version } from '../../src/records/document.ts'
import { newId } from '../../src/records/id.ts'
import type { Services } from '../../src/services.ts'

/** A layout of one block: lines of words, each word 10 high and as wide as it has characters. */
export function layoutOf(...lines: string[]): Layout {
  const box = [0, 0, 1000, 1000] as const
  const blocks = [{ kind: 'paragraph' as const, box, lines: lines.map((line, row) => ({ box, words: wordsOf(line, row) })) }]
  return createLayout({ width: 1000, height: 1000, density: 300, blocks })
}

function wordsOf(line: string, row: number): LayoutDraft<Word>[] {
  let x = 0
  return line.split(' ').map((text) => {
    const box = [x, row * 20, x + text.length, row * 20 + 10] as const
    x += text.length + 1
    return { text, box, confidence: 1 }
  })
}

/** The same as servers before schema version 2 stored it. */
export function firstLayoutOf(...lines: string[]): object {
  const box = [0, 0, 1000, 1000]
  const blocks = [{ kind: 'text', box, lines: lines.map((line, row) => ({ box, words: wordsOf(line, row) })) }]
  return { schemaVersion: 1, width: 1000, height: 1000, density: 300, blocks }
}

export interface PageOfVersion {
  /** As it is stored. */
  readonly layout: Layout | object
  /** @default that of the original which has its place in the list */
  readonly page?: string
  /** @default the identity */
  readonly matrix?: Matrix | null
}

const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]

/** A version with these layouts, put straight into the tables; it becomes the current one. Search is not told. */
export async function publish(
  { tables, blobs }: Pick<Services, 'tables'> & { blobs: BlobStore },
  document: Document,
  pages: readonly PageOfVersion[],
): Promise<Version> {
  const number = (await tables.versions.count('by_document', [document._id])) + 1
  const layouts = await Promise.all(
    pages.map(async ({ layout, page, matrix = identity }, index) => {
      const bytes = new TextEncoder().encode(JSON.stringify(layout))
      await blobs.put('objects', bytes, { mediaType: 'application/json' })
      const descriptor = { mediaType: 'application/json', digest: digestOf(bytes), size: bytes.length }
      return { page: page ?? formatPageId({ source: document.original.digest, page: index, part: [], copy: 0 }), descriptor, matrix }
    }),
  )
  const row: Version = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    document_id: document._id,
    number,
    run_id: null,
    receipt: null,
    outputs: [],
    layouts,
  }
  await tables.versions.insert(row)
  const present = await tables.documents.get(document._id)
  if (present) await tables.documents.replaceIf({ ...present, current_version: number })
  return row
}
