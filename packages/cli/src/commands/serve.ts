import { once } from 'node:events'
import type { ImageDocServer } from '@imagedoc/server'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { environmentWith, pluginsFor } from '../configuration/server-process.ts'
import { write, writeError } from '../report/streams.ts'
import { isReadableOnTheWay } from '../server/address.ts'

const options = { command: 'serve', settings: { port: 'port', host: 'host', data: 'dataFolder' } } as const

/** `imagedoc serve`: until it is told to stop. */
export async function serve({ values }: Parsed<'serve'>): Promise<number> {
  const module = await import('@imagedoc/server')
  const environment = environmentWith(values, options, module)
  const withWorker = wantsWorker(values)
  using interruption = onInterrupt(() => writeError('Stopping; what is under way is finished first. Press Ctrl-C again to stop at once.'))
  const config = await pluginsFor(values.config, environment, module)
  await using server = await module.createServer({ config, environment, ...(withWorker === undefined ? {} : { withWorker }) })
  write(greeting(server).join('\n'))
  if (isReadableOnTheWay(server.url))
    writeError(
      'warning   It is open to the network without TLS: set a proxy in front of it and IMAGEDOC_PUBLIC_URL, see docs/deployment.md.',
    )
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort')
  return 0
}

/** Undefined: as the settings say. @throws UsageError */
function wantsWorker(values: Parsed<'serve'>['values']): boolean | undefined {
  const { 'with-worker': on, 'no-worker': off } = values
  if (on && off) throw new UsageError('--with-worker and --no-worker exclude each other.', 'See imagedoc serve --help.')
  return on ? true : off ? false : undefined
}

function greeting({ url, setupToken, places, withWorker }: ImageDocServer): string[] {
  // `npm start` and `npm run imagedoc` say where the user stands; an installed command is called by its name.
  const command = process.env.IMAGEDOC_CWD === undefined ? 'imagedoc' : 'npm run -s imagedoc --'
  const first = [
    'There is no user yet. This token makes the first manager, once:',
    '',
    `    ${setupToken}`,
    '',
    `Give it to:  ${command} login --server ${url} --setup-token`,
  ]
  return [
    `ImageDoc serves at ${url}, with its data in ${places.join(' and ')}. Ctrl-C stops it.`,
    ...(withWorker ? [] : [`Pages of runs are left to workers:  ${command} worker`]),
    ...(setupToken === null ? [`To log in:   ${command} login --server ${url}`] : first),
    `To upload:   ${command} upload FILE… --server ${url} --collection TITLE --create`,
  ]
}
