// Entry of a child of the children runner.
import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Envelope, isBulky, pack, unpackAtOnce } from './child-envelope.ts'
import { serveHost } from './host.ts'
import { sayLastWords } from './last-words.ts'
import type { FromHost, ToHost } from './protocol.ts'
import { removeOwnFolder } from './temporary-folder.ts'

/** The same file stands beside this one in `src` and in `dist`. */
const watchdog = new URL(`./host-watchdog.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

if (process.send) serve(process.send.bind(process))

function serve(send: NonNullable<NodeJS.Process['send']>): void {
  const limit = new BigInt64Array(new SharedArrayBuffer(8))
  new Worker(watchdog, {
    workerData: { parent: process.ppid, limit },
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  }).unref()
  // A failed send means that the parent is gone, and `disconnect` says so.
  const post = (envelope: Envelope<FromHost>): void => void send(envelope, undefined, {}, () => {})
  const handle = serveHost({
    send: (message) => (isBulky(message) ? void pack(message, tmpdir()).then(post) : post({ message })),
    // A child belongs to ImageDoc alone, so a plugin may make its settings of the process: a thread shares them with the application.
    loaded: (module) => (module as { hardenProcess?: () => void }).hardenProcess?.(),
    began: ({ limits }) => void Atomics.store(limit, 0, BigInt(Math.ceil(limits.memoryBytes))),
    end: () => process.exit(0),
  })
  process.on('message', (received) => {
    const { message, file, stays } = received as Envelope<ToHost>
    if (file === undefined) handle(message)
    else if (stays && message.type === 'answer') handle({ ...message, value: { path: file, size: statSync(file).size } })
    else handle(unpackAtOnce({ message, file }))
  })
  process.on('uncaughtExceptionMonitor', sayLastWords)
  process.on('disconnect', () => {
    // The parent, which removes the folder otherwise, is gone.
    removeOwnFolder()
    process.exit(0)
  })
}
