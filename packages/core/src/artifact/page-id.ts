import { ImageDocError } from '../errors/error.ts'

/** Which page an artifact belongs to; pages and parts count from 0. Written `input/position/page/part`. */
export interface PageId {
  readonly input: string
  readonly position: number
  readonly page: number
  readonly part: number
}

/** The page id of an input before anything has expanded it. */
export function firstPage(input: string, position = 0): PageId {
  return { input, position, page: 0, part: 0 }
}

/** `input/position/page/part`. */
export function formatPageId(id: PageId): string {
  return `${id.input}/${id.position}/${id.page}/${id.part}`
}

/** @throws USAGE when the text is not `input/position/page/part`. */
export function parsePageId(text: string): PageId {
  const match = /^(.+)\/(\d+)\/(\d+)\/(\d+)$/.exec(text)
  if (!match) throw new ImageDocError('USAGE', `"${text}" is not a page id; write input/position/page/part, for example input/0/3/0.`)
  return { input: match[1] ?? '', position: Number(match[2]), page: Number(match[3]), part: Number(match[4]) }
}
