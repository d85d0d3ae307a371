import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { raiseLimit } from '../artifact/limits.ts'
import type { Channel, Death, OpenChannel } from './channel.ts'
import { type Envelope, isBulky, nothing, pack, spill, unpack } from './child-envelope.ts'
import { childEnvironment, childFlags } from './child-environment.ts'
import { lastWordsIn } from './last-words.ts'
import { MEMORY_MARK } from './memory-mark.ts'
import type { FromHost, PluginModule, ToHost } from './protocol.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** The same file stands beside this one in `src` and in `dist`. */
const entry = new URL(`./host-child.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Enough for what Node says before it dies. */
const TAIL_CHARACTERS = 8192

export interface ChildOptions {
  /** Of JavaScript objects: V8 collects earlier when it knows its limit. */
  readonly heapBytes: number
  /** Gives way to everything else on the machine. */
  readonly background: boolean
}

/** Starts children that load these plugins. */
export function childChannels(plugins: readonly PluginModule[], { heapBytes, background }: ChildOptions): OpenChannel {
  return (listener) => {
    const folder = createTemporaryFolder()
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: childEnvironment(process.env, folder.path),
      execArgv: childFlags(process.execArgv, process.env['NODE_OPTIONS'] ?? '', heapBytes),
      // A group of its own: a Ctrl-C in the terminal is the parent's to handle, and what an engine starts is killed with the child.
      detached: true,
    })
    if (background) giveWay(child)
    const tail = keepTail(child)
    child.on('message', (received) => {
      const { message, file } = received as unknown as Envelope<FromHost>
      if (file === undefined) listener(message)
      // A file that cannot be read was lost with its child, whose end is told apart.
      else void unpack({ message, file }).then(listener, () => killGroup(child))
    })
    // The callback swallows what `exit` says better.
    const post = (envelope: Envelope<ToHost>): void => void (child.connected && child.send(envelope, () => {}))
    const gone = new Promise<Death>((resolve) => {
      const end = async (code: number | null, signal: NodeJS.Signals | null): Promise<void> => {
        killGroup(child)
        // What it wrote last may still be on its way; a grandchild may keep the pipe open for ever.
        await Promise.race([tail.ended, delay(100)])
        await folder.remove()
        resolve(deathOf(tail.text(), code, signal))
      }
      child.once('exit', (code, signal) => void end(code, signal))
      child.once('error', () => child.exitCode === null && child.pid === undefined && void end(null, null))
    })
    const channel: Channel = {
      send: (message) => (isBulky(message) ? void pack(message, folder.path).then(post) : post({ message })),
      async pour(ask, bytes) {
        const file = await spill(bytes, folder.path)
        if (file !== undefined) post({ message: { type: 'answer', ask, value: nothing }, file, stays: true })
        return file !== undefined
      },
      gone,
      kill: () => killGroup(child),
      hold: () => setReference(child, 'ref'),
      release: () => setReference(child, 'unref'),
    }
    channel.release()
    channel.send({ type: 'init', plugins, tmp: folder.path })
    return channel
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already, or the system has none.
    child.kill('SIGKILL')
  }
}

/** On Linux a nice value of 10: a tenth of the time of a process that wants it as well, and all of what nobody wants. */
function giveWay({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, or the system does not allow it: it works as any other.
  }
}

/** An idle child keeps no process alive. */
function setReference(child: ChildProcess, how: 'ref' | 'unref'): void {
  child[how]()
  child.channel?.[how]()
  for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.[how]()
}

/** The end of what a child wrote, for the runtime's own last words: never shown as it is, since an engine may write a document's text. */
function keepTail(child: ChildProcess): { text(): string; ended: Promise<unknown> } {
  let tail = ''
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL_CHARACTERS)
    })
  }
  const ended = Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))))
  return { text: () => tail, ended }
}

function deathOf(tail: string, code: number | null, signal: NodeJS.Signals | null): Death {
  if (tail.includes(MEMORY_MARK) || /heap out of memory|Array buffer allocation failed|ENOMEM/.test(tail)) {
    return {
      code: 'MEMORY_LIMIT',
      message: `A step needed more memory than the limit allows on one page. Give it a smaller page, or ${raiseLimit('memoryBytes')}.`,
    }
  }
  const message = `The process that worked on the page died (${signal ?? `exit code ${code}`}).`
  return { code: 'PROCESS_CRASHED', message, cause: lastWordsIn(tail) }
}
