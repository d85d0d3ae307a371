import { resolve } from 'node:path'
import type { Config } from '@imagedoc/core'
import { createServices } from './create-services.ts'
import { usesDataFolder } from './open-drivers/places.ts'
import type { Drivers } from './open-drivers.ts'
import type { Services } from './services.ts'
import { makeDataFolder } from './settings/data-folder.ts'
import { readSettings, type ServerSettings } from './settings/settings.ts'
import type { Environment } from './settings/variables.ts'

/** What every process takes. */
export interface StartOptions {
  /** The plugins. @default image, pdf, ocr and translate, set up from the environment */
  config?: Config
  /** @default process.env */
  environment?: Environment
  /** Settings that go before the environment's. */
  settings?: Partial<ServerSettings>
  /** Drivers to use instead of those that the settings choose; disposed by whoever made them. */
  drivers?: Partial<Drivers>
}

/** The settings of a process, with the folder that they need made. @throws INVALID_CONFIG */
export async function startSettings({ environment = process.env, settings: given }: StartOptions): Promise<ServerSettings> {
  const read = { ...readSettings(environment), ...given }
  const settings = { ...read, dataFolder: resolve(read.dataFolder) }
  if (usesDataFolder(settings)) await makeDataFolder(settings.dataFolder)
  return settings
}

/** The services of a process, from its options. @throws INVALID_CONFIG */
export async function startServices(options: StartOptions): Promise<Services & AsyncDisposable> {
  const { environment = process.env } = options
  return createServices({ ...options, environment, settings: await startSettings(options) })
}
