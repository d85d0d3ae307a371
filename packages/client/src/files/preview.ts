import type { PipelineDefinition, StepDefinition } from '@imagedoc/core'
import { ImageDocError } from '@imagedoc/core/errors'
import type { Connection } from '../connection.ts'
import { type DocumentLike, pathOf } from './download.ts'

/** What to show of a page. */
export interface PreviewOptions {
  /** From 1 to the document's `pages`. */
  readonly page: number
  /** Quick steps from one image to one image, or a pipeline of such; to them the page is the input. @default none: the page as it is */
  readonly steps?: readonly StepDefinition[] | { toJSON(): PipelineDefinition } | undefined
  /** Of the page that is worked on. @default 1000000, or as many as `width` makes */
  readonly maxPixels?: number | undefined
  /** Of the page that is worked on, in pixels; instead of `maxPixels`. */
  readonly width?: number | undefined
  /** A region of the full-size result, exactly as it will be: pixels, or percentages such as `"12.5%"`. Instead of the whole, made smaller. */
  readonly crop?: Region | undefined
  /** @default 'jpeg' */
  readonly format?: 'jpeg' | 'png' | 'webp' | undefined
  readonly signal?: AbortSignal | undefined
}

/** A rectangle in pixels, or in percentages of the width and the height. */
export interface Region {
  /** @default 0 */
  readonly left?: number | string | undefined
  /** @default 0 */
  readonly top?: number | string | undefined
  readonly width: number | string
  readonly height: number | string
}

/** Previews of one client: a newer one of the same document takes the place of an older one, here and on the server. */
export function createPreview(connection: Connection): (document: DocumentLike, options: PreviewOptions) => Promise<Blob> {
  const client = newClientId()
  const latest = new Map<string, AbortController>()
  return async (document, { page, signal, ...wanted }) => {
    const path = pathOf(document)
    const turn = new AbortController()
    latest.get(path)?.abort(new ImageDocError('CANCELLED', 'A newer preview of the document took the place of this one.'))
    latest.set(path, turn)
    try {
      const ended = signal ? AbortSignal.any([signal, turn.signal]) : turn.signal
      return await (await connection.post(`${path}/pages/${page}/preview`, bodyOf(wanted, client), { signal: ended })).blob()
    } finally {
      if (latest.get(path) === turn) latest.delete(path)
    }
  }
}

function bodyOf({ steps = [], maxPixels, ...rest }: Omit<PreviewOptions, 'page' | 'signal'>, client: string): object {
  return { ...rest, max_pixels: maxPixels, steps: 'toJSON' in steps ? steps.toJSON().steps : steps, client }
}

/** `crypto.randomUUID` is missing where a page was not loaded over https. */
function newClientId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
