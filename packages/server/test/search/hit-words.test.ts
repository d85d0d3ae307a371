import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobStore } from '@imagedoc/core'
import { expect, it } from 'vitest'
import type { Document } from '../../src/records/document.ts'
import { hitWords } from '../../src/search/hit-words.ts'
import { layoutOf } from './support.ts'

const WORDS = 150_000

it('a page on which more words are found than a call takes arguments gives the first hundred', async () => {
  await using stack = new AsyncDisposableStack()
  const path = await mkdtemp(join(tmpdir(), 'imagedoc-hit-words-'))
  stack.defer(() => rm(path, { recursive: true, force: true }))
  const blobs = stack.use(createFileBlobStore({ path }))
  const layout = layoutOf(Array.from({ length: WORDS }, () => 'aa').join(' '))
  const { digest } = await blobs.put('objects', new TextEncoder().encode(JSON.stringify(layout)), { mediaType: 'application/json' })
  const page = { page: 0, layouts: [{ digest, matrix: null }] }
  const words = await hitWords(blobs, { document: {} as Document, page }, { words: [], prefix: 'a' })
  expect(words).toHaveLength(100)
  expect(words[0]).toEqual({ text: 'aa', box: null })
})
