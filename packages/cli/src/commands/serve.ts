import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Config } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { findConfigFile, loadConfigFile } from '../configuration/config-file.ts'
import { hardenProcess } from '../configuration/open-image-doc.ts'
import { write, writeError } from '../report/streams.ts'
import { isReadableOnTheWay } from '../server/address.ts'

type ServerModule = typeof import('@imagedoc/server')
type Environment = Readonly<Record<string, string | undefined>>

/** Options and the settings that they go before. */
const settingOf = { port: 'port', host: 'host', data: 'dataFolder' } as const

/** `imagedoc serve`: until it is told to stop. */
export async function serve({ values }: Parsed<'serve'>): Promise<number> {
  const module = await import('@imagedoc/server')
  const environment = { ...process.env, ...variablesFor(values, module) }
  const settings = module.readSettings(environment)
  using interruption = onInterrupt(() => writeError('Stopping; what is under way is finished first. Press Ctrl-C again to stop at once.'))
  const config = await configFor(values.config, environment, module)
  for (const plugin of config.plugins) await hardenProcess(plugin)
  await using server = await module.createServer({ config, environment })
  write(greeting({ ...server, dataFolder: settings.dataFolder }).join('\n'))
  if (isReadableOnTheWay(server.url))
    writeError(
      'warning   It is open to the network without TLS: set a proxy in front of it and IMAGEDOC_PUBLIC_URL, see docs/deployment.md.',
    )
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort')
  return 0
}

/** The options as the variables that they stand for, checked by the same rules. @throws UsageError */
function variablesFor(values: Parsed<'serve'>['values'], { serverVariables }: ServerModule): Environment {
  const given = Object.entries(settingOf).flatMap(([option, setting]) => {
    const value = values[option as keyof typeof settingOf]
    const { name, expects, parse } = serverVariables[setting]
    if (value === undefined) return []
    if (parse(value) === undefined)
      throw new UsageError(`--${option} "${value}" is wrong; it expects ${expects}.`, 'See imagedoc serve --help.')
    return [[name, value]]
  })
  return Object.fromEntries(given)
}

async function configFor(file: string | undefined, environment: Environment, { defaultConfig }: ServerModule): Promise<Config> {
  const path = file === undefined ? findConfigFile(process.cwd()) : resolve(file)
  return path === undefined ? defaultConfig(environment) : { plugins: await loadConfigFile(path) }
}

interface Started {
  readonly url: string
  readonly setupToken: string | null
  readonly dataFolder: string
}

function greeting({ url, setupToken, dataFolder }: Started): string[] {
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
    `ImageDoc serves at ${url}, with its data in ${dataFolder}. Ctrl-C stops it.`,
    ...(setupToken === null ? [`To log in:   ${command} login --server ${url}`] : first),
    `To upload:   ${command} upload FILE… --server ${url} --collection TITLE --create`,
  ]
}
