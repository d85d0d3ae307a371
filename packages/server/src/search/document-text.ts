import type { Json } from '@imagedoc/core'
import type { Document } from '../records/document.ts'
import { foldLayout, type PlacedToken } from './fold-layout.ts'

interface TextWord {
  readonly text: string
}

/** What a document's title and the values of its metadata are found by. */
export function foldDocument({ title, metadata }: Pick<Document, 'title' | 'metadata'>): PlacedToken<TextWord>[] {
  const texts = [title, ...textsOf(metadata as Json)]
  return foldLayout({ blocks: texts.map((text) => ({ lines: [{ words: text.split(/\s+/u).map((word) => ({ text: word })) }] })) })
}

function textsOf(value: Json | undefined): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
