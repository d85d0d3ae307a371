import {
  type Artifact,
  formatPageId,
  ImageDocError,
  isImageDocError,
  type Json,
  mediaTypeOfName,
  type PagePlace,
  type StepDefinition,
  stepForPage,
} from '@imagedoc/core'
import { cacheScopeOf } from '../cache-scope.ts'
import { openStored } from '../files/open-stored.ts'
import type { Collection } from '../records/collection.ts'
import type { Document } from '../records/document.ts'
import type { Services } from '../services.ts'
import { exactDefinition, type PreviewDefinition, pageDefinition, REGION, reducedDefinition } from './definition.ts'
import { runFitted } from './fitted-run.ts'
import { type Operations, readSteps } from './light-steps.ts'
import { reducedSize, type Size } from './reduced-size.ts'
import type { PreviewRequest } from './request.ts'
import { type Factor, lengthsAlong, scaleParams } from './scale-params.ts'

type Needs = Pick<Services, 'blobs' | 'interactive' | 'settings'>

/** One page of a document. */
export interface PageOfDocument {
  readonly document: Pick<Document, 'title' | 'original' | 'pages'>
  /** Where it is. */
  readonly collection: Pick<Collection, 'user_id'>
  /** From 1. */
  readonly page: number
  readonly signal: AbortSignal
}

export interface Preview {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/** What steps make of a page, before anything is run in earnest. */
export interface Previews {
  /**
   * On the page made smaller, with pixel parameters made smaller alike: the same as running the scaled steps on the reduced page. With `crop`: that
   * region of the full-size result, pixel for pixel.
   * @throws INVALID_PIPELINE, INVALID_REQUEST, INVALID_PARAMETER with the path in the request; CANCELLED; what the page cannot be shown for
   */
  make(at: PageOfDocument, request: PreviewRequest): Promise<Preview>
}

/** Sizes that are remembered: of the pages that somebody works on. */
const REMEMBERED = 1000

export function createPreviews(services: Needs): Previews {
  const sizes = new Map<string, Size>()
  let known: Operations | undefined
  const operations = (): Operations => {
    known ??= new Map(services.interactive.operations().map((info) => [info.name, info]))
    return known
  }
  const sizeOf = async (at: PageOfDocument): Promise<Size> => {
    const { cacheScope = '' } = cacheScopeOf(services, at.collection)
    const key = `${at.document.original.digest} ${at.page} ${cacheScope}`
    const size = sizes.get(key) ?? ((await runPreview(services, at, pageDefinition(at.page))).meta as unknown as Size)
    // The latest last, so that the first is the one that was not asked for the longest.
    sizes.delete(key)
    sizes.set(key, size)
    if (sizes.size > REMEMBERED) sizes.delete(sizes.keys().next().value ?? '')
    return size
  }
  const artifactOf = async (at: PageOfDocument, request: PreviewRequest): Promise<Artifact> => {
    const place = placeOf(at)
    const steps = readSteps(services.interactive, operations(), request.steps).map((step) => stepForPage(step, place))
    const { crop, format } = request
    const { page } = at
    if (crop) return runPreview(services, at, exactDefinition(steps, { page, crop, format }))
    const full = await sizeOf(at)
    const size = reducedSize(full, request, {
      width: lengthsOf(steps, operations(), 'width'),
      height: lengthsOf(steps, operations(), 'height'),
    })
    const scaled = scaleSteps(steps, operations(), { width: size.width / full.width, height: size.height / full.height })
    return runFitted(steps, scaled, (fitting) => runPreview(services, at, reducedDefinition(fitting, { page, size, format })))
  }
  return {
    async make(at, request) {
      const artifact = await artifactOf(at, request)
      return { bytes: await artifact.bytes(at.signal), mediaType: mediaTypeOfName(`.${request.format}`) ?? '' }
    },
  }
}

/** The page as a run over the whole document has it: the preview runs on it alone. */
function placeOf({ document, page }: PageOfDocument): PagePlace {
  return { number: page, total: document.pages, id: formatPageId({ source: document.original.digest, page: page - 1, part: [], copy: 0 }) }
}

function scaleSteps(steps: readonly StepDefinition[], operations: Operations, factor: Factor): StepDefinition[] {
  return steps.map((step) => ({ ...step, with: scaleParams(step.with ?? {}, schemaOf(step, operations), factor) }))
}

function lengthsOf(steps: readonly StepDefinition[], operations: Operations, edge: keyof Factor): (number | string)[] {
  return steps.flatMap((step) => lengthsAlong(edge, step.with ?? {}, schemaOf(step, operations)))
}

const schemaOf = ({ use }: StepDefinition, operations: Operations): Json => operations.get(use)?.params ?? null

async function runPreview(
  services: Needs,
  { document, collection, signal }: PageOfDocument,
  { definition, before, output }: PreviewDefinition,
): Promise<Artifact> {
  const { original: descriptor, title: name } = document
  const input = { name, descriptor, open: () => openStored(services.blobs, descriptor.digest, { signal }) }
  try {
    const { outputs, error } = await services.interactive.run(definition, { input }, { signal, ...cacheScopeOf(services, collection) })
    if (error) throw error
    const made = outputs[output]
    if (!made) throw new ImageDocError('INTERNAL', 'The preview was not made.')
    return await made.one()
  } catch (error) {
    throw isImageDocError(error) ? inRequest(error, { before, steps: definition.steps }) : error
  }
}

/**
 * With the path in the request: the steps stand behind those that take the page, and before the one that cuts. Of the page itself, which
 * may be decoded in a later step, there is none.
 */
function inRequest(error: ImageDocError, { before, steps }: { before: number; steps: readonly StepDefinition[] }): ImageDocError {
  const [whole, index] = /^steps\[(\d+)\]/.exec(error.path ?? '') ?? []
  if (whole === undefined || error.path === undefined) return error
  const rest = error.path.slice(whole.length)
  const at = Number(index)
  const path = steps[at]?.id === REGION ? rest.replace(/^\.with/, 'crop') : `steps[${at - before}]${rest}`
  const { code, message, details, retryable } = error
  return new ImageDocError(code, message, {
    ...(at < before || code === 'CORRUPT_INPUT' ? {} : { path }),
    ...(details === undefined ? {} : { details }),
    retryable,
    cause: error,
  })
}
