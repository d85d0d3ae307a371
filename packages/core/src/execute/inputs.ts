import { createDigester, type Descriptor } from '../artifact/digest.ts'
import { markFresh } from '../artifact/fresh-bytes.ts'
import { type Limits, raiseLimit } from '../artifact/limits.ts'
import { identity } from '../artifact/matrix.ts'
import { SNIFF_BYTES, sniff } from '../artifact/media-type.ts'
import { pageOf } from '../artifact/page-id.ts'
import { typeInWords } from '../artifact/refused-types.ts'
import type { Source } from '../artifact/source.ts'
import { ImageDocError } from '../errors/error.ts'
import { kindsOf, portInWords } from '../operation/port.ts'
import type { CompiledInput, CompiledPipeline } from '../pipeline/compiled.ts'
import { type Registry, usableOperations } from '../plugin/registry.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import { createRunArtifact, type RunArtifact, STREAMED_BYTES } from './run-artifact.ts'
import { noTrail } from './trail.ts'

export interface InputReader {
  registry: Registry
  pipeline: CompiledPipeline
  limits: Limits
  scratch: () => Promise<BlobStore>
  signal: AbortSignal
}

/** Up to this size a single input is held in memory between finding its digest and working on it. */
const HELD_BYTES = 64 * 1024 ** 2

/**
 * Reads a source to the end: what it is by content, how large, its digest. A list's sources are not held in memory.
 * @throws INPUT_MISSING, EMPTY_INPUT, INPUT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, WRONG_KIND
 */
export async function readInput(reader: InputReader, input: CompiledInput, at: { source: Source; held: boolean }): Promise<RunArtifact> {
  const { source } = at
  const read = source.descriptor ? { descriptor: source.descriptor, bytes: undefined } : await measure(reader, source, at.held)
  const { descriptor } = read
  const kind = kindOf(descriptor.mediaType, source, reader.registry)
  assertKind(kind, { input, source, reader })
  const origin = { source: descriptor.digest, page: pageOf(descriptor.digest), matrix: identity, size: null, properties: {} }
  return createRunArtifact({
    kind,
    meta: null,
    mediaType: descriptor.mediaType,
    descriptor,
    origin,
    identity: { kind, digest: descriptor.digest, meta: null },
    sources: [descriptor.digest],
    fromBase: identity,
    exact: true,
    trail: noTrail,
    hot: read.bytes,
    read: read.reopen ?? ((signal) => collect(source, descriptor, signal)),
    ...(!source.once &&
      !read.bytes &&
      descriptor.size > STREAMED_BYTES && { stream: (signal: AbortSignal) => pieces(source, descriptor, signal) }),
  })
}

interface Measured {
  descriptor: Descriptor
  bytes: Uint8Array | undefined
  reopen?: (signal?: AbortSignal) => Promise<Uint8Array>
}

async function measure({ limits, scratch, signal }: InputReader, source: Source, held: boolean): Promise<Measured> {
  const digester = createDigester()
  const chunks: Uint8Array[] = []
  let head = Buffer.alloc(0)
  let size = 0
  let keeping = held || source.once === true
  const take = (chunk: Uint8Array): void => {
    size += chunk.length
    if (size > limits.bytes)
      throw new ImageDocError(
        'INPUT_TOO_LARGE',
        `"${source.name}" has more than ${limits.bytes} bytes, which is the limit. Split it, or ${raiseLimit('bytes')}.`,
      )
    digester.update(chunk)
    if (head.length < SNIFF_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES - head.length)])
    if (keeping) chunks.push(chunk)
    if (size > HELD_BYTES && !source.once) {
      keeping = false
      chunks.length = 0
    }
  }
  // Piped, so that a stream that gives nothing more is let go when the run is cancelled.
  await (await source.open()).pipeTo(new WritableStream({ write: take }), { signal })
  if (size === 0) throw new ImageDocError('EMPTY_INPUT', `"${source.name}" is empty.`)
  const digest = digester.digest()
  const mediaType = sniff(head)?.mediaType
  if (mediaType === undefined) throw unsupported(source, undefined)
  const descriptor = { mediaType, digest, size }
  const bytes = keeping ? Buffer.concat(chunks) : undefined
  if (!source.once || !bytes) return { descriptor, bytes }
  const store = await scratch()
  await store.put('cache', bytes, { mediaType, expect: digest })
  return {
    descriptor,
    bytes,
    reopen: async (abort) => Buffer.concat(await Array.fromAsync(await store.open(digest, abort ? { signal: abort } : {}))),
  }
}

/** All bytes of a source, in one piece from the start: joining pieces would take the memory of a large document twice. */
async function collect(source: Source, { size }: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
  const all = new Uint8Array(size)
  let at = 0
  const take = (chunk: Uint8Array): void => {
    if (at + chunk.length > size) throw changed(source)
    all.set(chunk, at)
    at += chunk.length
  }
  await (await source.open()).pipeTo(new WritableStream({ write: take }), signal ? { signal } : {})
  if (at !== size) throw changed(source)
  return markFresh(all)
}

/** The bytes of a source piece by piece, exactly as many as it has. */
async function pieces(source: Source, { size }: Descriptor, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  let left = size
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.length
      if (left < 0) throw changed(source)
      controller.enqueue(chunk)
    },
    flush() {
      if (left > 0) throw changed(source)
    },
  })
  return (await source.open()).pipeThrough(counted, { signal })
}

function changed({ name }: Source): ImageDocError {
  return new ImageDocError('DIGEST_MISMATCH', `"${name}" changed while it was worked on. Run again when nothing writes to it.`)
}

function kindOf(mediaType: string, source: Source, registry: Registry): string {
  const decodable = registry.codecs.flatMap((codec) => codec.mediaTypes.decode)
  if (mediaType.startsWith('image/')) {
    if (decodable.length > 0 && !decodable.includes(mediaType)) throw unsupported(source, mediaType, decodable)
    return 'image'
  }
  if (mediaType === 'application/pdf') return 'pdf'
  if (mediaType.startsWith('text/')) return 'text'
  if (mediaType === 'application/vnd.imagedoc.layout+json') return 'layout'
  if (mediaType === 'application/json') return 'data'
  throw unsupported(source, mediaType, [...decodable, 'application/pdf'])
}

function unsupported(source: Source, mediaType: string | undefined, accepted: readonly string[] = []): ImageDocError {
  const { what, remedy } = typeInWords(mediaType)
  const list = accepted.length > 0 ? `Give one of: ${accepted.join(', ')}.` : 'Give a JPEG, PNG, WebP, TIFF, AVIF or PDF file, or text.'
  const details = { mediaType: mediaType ?? null }
  return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `By its content "${source.name}" is ${what}. ${remedy ?? list}`, { details })
}

/** Every step that takes this input must take its kind. */
function assertKind(kind: string, { input, source, reader }: { input: CompiledInput; source: Source; reader: InputReader }): void {
  if (input.kind !== null && input.kind !== kind) {
    throw new ImageDocError('WRONG_KIND', `"${source.name}" is ${kind}, but the input "${input.name}" is declared as ${input.kind}.`, {
      path: `inputs.${input.name}`,
    })
  }
  for (const step of reader.pipeline.steps) {
    const binding = step.bindings.find(({ from, spec }) => from === input && !kindsOf(spec).includes(kind))
    if (!binding) continue
    const message = `"${source.name}" is ${kind}, but ${step.operation.name} takes ${portInWords(binding.spec)}.`
    throw new ImageDocError('WRONG_KIND', `${message}${bridge(kind, kindsOf(binding.spec), reader.registry)}`, {
      path: `steps[${step.index}]`,
    })
  }
}

/** An installed operation that leads from one kind to another. */
function bridge(given: string, wanted: readonly string[], registry: Registry): string {
  const found = usableOperations(registry).find(({ operation }) => {
    const { arrange, input, output } = operation
    return !arrange && 'kind' in input && kindsOf(input).includes(given) && kindsOf(output).some((kind) => wanted.includes(kind))
  })
  if (found) return ` Put a step that uses ${found.operation.name} before it.`
  return given === 'pdf' && wanted.includes('image') ? ' Put a step that uses document.pages (of @imagedoc/plugin-pdf) before it.' : ''
}
