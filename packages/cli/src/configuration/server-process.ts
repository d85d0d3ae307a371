import { resolve } from 'node:path'
import type { Config } from '@imagedoc/core'
import type { serverVariables } from '@imagedoc/server'
import { UsageError } from '../arguments/usage-error.ts'
import { findConfigFile, loadConfigFile } from './config-file.ts'
import { hardenProcess } from './open-image-doc.ts'

type ServerModule = typeof import('@imagedoc/server')
type Setting = keyof typeof serverVariables
type Environment = Readonly<Record<string, string | undefined>>

/** What a command's options stand for. */
export interface OptionVariables {
  readonly command: string
  /** By the option's name. */
  readonly settings: Readonly<Record<string, Setting>>
}

/** The environment, with the options as the variables that they stand for, checked by the same rules. @throws UsageError */
export function environmentWith(
  values: Readonly<Record<string, unknown>>,
  { command, settings }: OptionVariables,
  { serverVariables }: ServerModule,
): Environment {
  const given = Object.entries(settings).flatMap(([option, setting]) => {
    const value = values[option]
    const { name, expects, parse } = serverVariables[setting]
    if (typeof value !== 'string') return []
    if (parse(value) === undefined)
      throw new UsageError(`--${option} "${value}" is wrong; it expects ${expects}.`, `See imagedoc ${command} --help.`)
    return [[name, value]]
  })
  return { ...process.env, ...Object.fromEntries(given) }
}

/** The plugins of the configuration that is found, and this process made fit for them. */
export async function pluginsFor(file: string | undefined, environment: Environment, { defaultConfig }: ServerModule): Promise<Config> {
  const path = file === undefined ? findConfigFile(process.cwd()) : resolve(file)
  const config = path === undefined ? defaultConfig(environment) : { plugins: await loadConfigFile(path) }
  for (const plugin of config.plugins) await hardenProcess(plugin)
  return config
}
