import type { Artifact } from '../artifact/artifact.ts'
import type { Digest } from '../artifact/digest.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { Identity } from '../key/result-key.ts'
import type { Payload } from '../ports/step-runner.ts'
import type { Made } from './made.ts'
import { isLost } from './results.ts'
import type { Trail } from './trail.ts'

/** From here on a file that nobody holds goes to another process piece by piece. */
export const STREAMED_BYTES = 8 * 1024 ** 2

/** An artifact while its run goes on. */
export interface RunArtifact extends Artifact {
  readonly mediaType: string
  /** What it is in a key. */
  readonly identity: Identity
  /** Digests of the originals it was made from. */
  readonly sources: readonly Digest[]
  /** From this artifact to what its expected key starts from: an input, or an item of an expansion. */
  readonly fromBase: Matrix | null
  /** Nothing above it was passed over because it failed: its expected key speaks the truth. */
  readonly exact: boolean
  /** What was found on the way to it. */
  readonly trail: Trail
  /** Its bytes are read as they are: a runner that waits for another result to be made again would wait for itself. */
  payload(): Payload
  /** Makes lost bytes again and holds them; undefined when there is no way. */
  readonly recover: (() => Promise<void>) | undefined
  /** Lets go of the bytes in memory; what is not kept elsewhere is then gone. */
  release(): void
}

/** What one step gives for one page. */
export type Cell = Made<RunArtifact>

export interface RunArtifactParts extends Pick<RunArtifact, 'kind' | 'meta' | 'mediaType' | 'descriptor' | 'origin' | 'identity'> {
  sources: readonly Digest[]
  fromBase: Matrix | null
  exact: boolean
  trail: Trail
  /** The bytes, while they are in memory. */
  hot: Uint8Array | undefined
  /** Reads them back; undefined while they exist in memory only. */
  read: ((signal?: AbortSignal) => Promise<Uint8Array>) | undefined
  /** Reads them piece by piece; for what is large. */
  stream?: Payload['stream']
  /** Makes the bytes again when what was read back is lost or damaged. */
  restore?: (() => Promise<Uint8Array>) | undefined
}

export function createRunArtifact(parts: RunArtifactParts): RunArtifact {
  const { hot: given, read, restore, stream, ...facts } = parts
  const { kind, meta, mediaType, origin, descriptor } = facts
  // No closure may hold `parts` or `given`, which keep the bytes.
  let hot = given
  const load = async (signal?: AbortSignal): Promise<Uint8Array> => {
    if (hot) return hot
    if (!read) throw new Error(`The bytes of a ${kind} were released before they were kept.`)
    return read(signal)
  }
  const bytes = (signal?: AbortSignal): Promise<Uint8Array> =>
    load(signal).catch((error) => (restore && isLost(error) ? restore() : Promise.reject(error)))
  return {
    ...facts,
    bytes,
    stream: () =>
      new ReadableStream({
        async start(controller) {
          controller.enqueue(await bytes())
          controller.close()
        },
      }),
    payload: () => ({
      kind,
      meta,
      mediaType,
      properties: origin.properties,
      descriptor,
      load,
      // What was lost while a runner read it was made again, and is in memory.
      stream: hot || !stream ? undefined : (signal) => (hot ? Promise.resolve(streamOf(hot)) : stream(signal)),
    }),
    recover:
      restore &&
      (async () => {
        hot = await restore()
      }),
    release: () => {
      hot = undefined
    },
  }
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> => ReadableStream.from([bytes])
