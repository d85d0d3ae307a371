import { type ResourceLimits, Worker } from 'node:worker_threads'
import { isMovable } from '../artifact/fresh-bytes.ts'
import { raiseLimit } from '../artifact/limits.ts'
import type { Channel, Death, OpenChannel } from './channel.ts'
import type { PluginModule, ToHost } from './protocol.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** The same file stands beside this one in `src` and in `dist`. */
const entry = new URL(`./host-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/**
 * A thread at its limit is given 16 MiB by Node (Worker::NearHeapLimit) to end in. What is young then becomes old at once: where that is more, as by
 * default (192 MiB in Node 24), V8 ends the whole process, one time in five on a busy machine.
 */
const YOUNG_MIB = 12

/** @param heapBytes of JavaScript objects */
export function threadLimits(heapBytes: number): ResourceLimits {
  return { maxOldGenerationSizeMb: Math.ceil(heapBytes / 2 ** 20), maxYoungGenerationSizeMb: YOUNG_MIB }
}

/**
 * Starts threads that load the plugins that are given at that time.
 * @param heapBytes of JavaScript objects; buffers are not counted by V8
 */
export function threadChannels(plugins: () => readonly PluginModule[], heapBytes: number): OpenChannel {
  return (listener) => {
    const folder = createTemporaryFolder()
    const worker = new Worker(entry, { resourceLimits: threadLimits(heapBytes) })
    let failure: (Error & { code?: string }) | undefined
    worker.on('message', listener)
    worker.on('error', (error) => {
      failure = error as Error
    })
    worker.unref()
    const gone = new Promise<Death>((resolve) => {
      worker.once('exit', (code) => void folder.remove().then(() => resolve(deathOf(failure, code))))
    })
    const channel: Channel = {
      // A thread has the memory of this process.
      pour: undefined,
      send: (message) => worker.postMessage(...withoutSurroundings(message)),
      gone,
      kill: () => void worker.terminate(),
      hold: () => worker.ref(),
      release: () => worker.unref(),
    }
    channel.send({ type: 'init', plugins: plugins(), tmp: folder.path })
    return channel
  }
}

/**
 * A clone of a view is a clone of all that lies under it, so a part of a larger buffer is cut out first. What was read for this thread is moved: a
 * copy would keep a large document twice until the garbage collector comes by. What the parent may need itself is never moved away.
 */
function withoutSurroundings(message: ToHost): [ToHost, ArrayBuffer[]] {
  if (message.type !== 'answer' || !(message.value instanceof Uint8Array)) return [message, []]
  const { value } = message
  if (isMovable(value)) return [message, [value.buffer as ArrayBuffer]]
  if (value.byteLength === value.buffer.byteLength) return [message, []]
  const copy = new Uint8Array(value)
  return [{ ...message, value: copy }, [copy.buffer]]
}

function deathOf(failure: (Error & { code?: string }) | undefined, code: number): Death {
  if (failure?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return {
      code: 'MEMORY_LIMIT',
      message: `A step needed more memory than a thread may have. Give it a smaller page, or ${raiseLimit('memoryBytes')}.`,
    }
  const message = `The thread that worked on the page died (${failure ? failure.name : `exit code ${code}`}).`
  return { code: 'PROCESS_CRASHED', message, cause: failure }
}
