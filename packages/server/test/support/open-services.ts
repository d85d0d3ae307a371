import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { createServices } from '../../src/create-services.ts'
import type { Services } from '../../src/services.ts'
import { makeDataFolder } from '../../src/settings/data-folder.ts'
import { readSettings } from '../../src/settings/settings.ts'
import reading from './reading-plugin.ts'

/** The services over what the variables name, as a server has them. */
export async function openServices(environment: Record<string, string>): Promise<Services & AsyncDisposable> {
  const settings = readSettings(environment)
  await makeDataFolder(settings.dataFolder)
  return createServices({ environment, settings, config: defineConfig({ plugins: [image(), pdf(), reading()] }) })
}
