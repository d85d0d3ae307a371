import { rmSync } from 'node:fs'
import { type FileBytes, readWholeFile } from '../artifact/file-bytes.ts'
import { markSent } from '../artifact/fresh-bytes.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Payload, SegmentCall, SegmentHooks } from '../ports/step-runner.ts'
import type { Ask, FromHost, ToHost, WireCall, WireInput } from './protocol.ts'

/** A worker's way to ask its parent for bytes and sub-results. */
export interface ParentLink {
  hooks(id: number, options: { memo: boolean; has?: boolean; signal: AbortSignal }): SegmentHooks
  /** The call with inputs that load from the parent. */
  call(wire: WireCall): SegmentCall
  answer(message: Extract<ToHost, { type: 'answer' }>): void
  /** Removes the files that inputs came in. */
  dropFiles(): void
}

/** @param task id of the task at work: an input may be read lazily, long after the task that brought it. */
export function createParentLink(send: (message: FromHost) => void, task: () => number): ParentLink {
  const asks = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0

  const ask = (what: Ask): Promise<unknown> => {
    const waiting = Promise.withResolvers<unknown>()
    asks.set(++last, waiting)
    send({ type: 'ask', id: task(), ask: last, what })
    return waiting.promise
  }
  const files: FileBytes[] = []
  /** Asked for once: a file stays until the task has ended. */
  const payloadOf = ({ large, ...input }: WireInput, given: () => Promise<unknown>): Payload => {
    let file: FileBytes | undefined
    const asked = async (): Promise<Uint8Array | FileBytes> => {
      if (file) return file
      const value = (await given()) as Uint8Array | FileBytes
      if (value instanceof Uint8Array) return value
      file = value
      files.push(file)
      return file
    }
    const load = async (): Promise<Uint8Array> => {
      const value = await asked()
      return markSent(value instanceof Uint8Array ? value : readWholeFile(value))
    }
    if (!large) return { ...input, load }
    const inFile = async (): Promise<FileBytes | undefined> => {
      const value = await asked()
      return value instanceof Uint8Array ? undefined : value
    }
    return { ...input, load, file: inFile }
  }
  const memo: SegmentHooks['memo'] = {
    get: async (step, key) => (await ask({ memoGet: { step, key } })) as undefined,
    put: async (step, key, value) => void (await ask({ memoPut: { step, key, value } })),
  }

  const has: SegmentHooks['has'] = async (descriptor) => (await ask({ has: descriptor })) === true

  return {
    hooks: (id, options) => ({
      signal: options.signal,
      started: (step) => send({ type: 'started', id, step }),
      progress: (step, done) => send({ type: 'progress', id, step, done }),
      ...(options.memo && { memo }),
      ...(options.has && { has }),
    }),
    call(wire) {
      return { ...wire, inputs: wire.inputs.map((input, index) => payloadOf(input, () => ask({ load: index }))) }
    },
    dropFiles() {
      for (const { path } of files.splice(0)) rmSync(path, { force: true })
    },
    answer(message) {
      const waiting = asks.get(message.ask)
      asks.delete(message.ask)
      if (message.error) waiting?.reject(ImageDocError.fromJSON(message.error))
      else waiting?.resolve(message.value)
    },
  }
}
