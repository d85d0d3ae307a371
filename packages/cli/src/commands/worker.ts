import { once } from 'node:events'
import type { ImageDocWorker } from '@imagedoc/server'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { environmentWith, pluginsFor } from '../configuration/server-process.ts'
import type { Check } from '../doctor/check.ts'
import { checkEngines } from '../doctor/engines.ts'
import { write, writeError } from '../report/streams.ts'

const options = { command: 'worker', settings: { concurrency: 'workerConcurrency' } } as const

/** `imagedoc worker`: until it is told to stop. */
export async function worker({ values }: Parsed<'worker'>): Promise<number> {
  const module = await import('@imagedoc/server')
  const environment = environmentWith(values, options, module)
  const healthPort = portOf(values.port, module)
  const only = values.only?.split(',').map((name) => name.trim())
  using interruption = onInterrupt(() => writeError('Stopping; pages under way are finished first. Press Ctrl-C again to stop at once.'))
  const config = await pluginsFor(values.config, environment, module)
  // Nobody looks at a worker later: what it cannot do is said now.
  for (const warning of withoutEngine(await checkEngines(config.plugins))) writeError(`warning   ${warning}`)
  await using started = await module.createWorker({
    config,
    environment,
    ...(only === undefined ? {} : { only }),
    ...(healthPort === undefined ? {} : { healthPort }),
  })
  write(greeting(started).join('\n'))
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort')
  return 0
}

/** Operations none of whose engines is there; a check is named by both. */
function withoutEngine(checks: readonly Check[]): string[] {
  const operationOf = ({ name }: Check): string => name.split(' ')[0] ?? name
  const able = new Set(checks.filter(({ status }) => status === 'ok').map(operationOf))
  return checks.filter((check) => !able.has(operationOf(check))).map(({ name, message }) => `${name}: ${message}`)
}

function portOf(value: string | undefined, { serverVariables }: typeof import('@imagedoc/server')): number | undefined {
  if (value === undefined) return undefined
  const { expects, parse } = serverVariables.port
  const port = parse(value)
  if (port === undefined) throw new UsageError(`--port "${value}" is wrong; it expects ${expects}.`, 'See imagedoc worker --help.')
  return port
}

function greeting({ takes, concurrency, healthUrl }: ImageDocWorker): string[] {
  const pages = concurrency === 1 ? '1 page' : `${concurrency} pages`
  return [
    `ImageDoc works on ${pages} at a time of ${takes.join(', ')}. Ctrl-C stops it.`,
    ...(healthUrl === undefined ? [] : [`Its health:  ${healthUrl}/health/ready`]),
  ]
}
