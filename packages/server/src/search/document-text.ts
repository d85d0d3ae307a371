import type { Json } from '@imagedoc/core'
import type { Document } from '../records/document.ts'
import { foldPassages, type PlacedToken } from './fold-layout.ts'

/** Metadata may hold 64 KiB, and is folded anew for every hit in it. */
const WORDS = 1000

interface TextWord {
  readonly text: string
}

/** What a document's title and the values of its metadata are found by: the first thousand words. */
export function foldDocument({ title, metadata }: Pick<Document, 'title' | 'metadata'>): PlacedToken<TextWord>[] {
  let left = WORDS
  const texts = [title, ...textsOf(metadata as Json)].map((text) => text.split(/\s+/u))
  const passages = texts.map((words) => {
    const kept = words.slice(0, left)
    left -= kept.length
    return [kept.map((text) => ({ text }))]
  })
  return foldPassages(passages)
}

function textsOf(value: Json | undefined): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
