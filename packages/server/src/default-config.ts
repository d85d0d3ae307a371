import { type Config, defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import translate from '@imagedoc/plugin-translate'
import type { Environment } from './settings/variables.ts'

type DefaultPlugins = readonly [ReturnType<typeof image>, ReturnType<typeof pdf>, ReturnType<typeof ocr>, ReturnType<typeof translate>]

/** The plugins of a server that was given no configuration, set up from the environment. */
export function defaultConfig(environment: Environment = process.env): Config<DefaultPlugins> {
  const { IMAGEDOC_TESSDATA: dataPath, IMAGEDOC_TESSERACT: tesseractPath, IMAGEDOC_DEEPL_AUTH_KEY: authKey } = environment
  return defineConfig({
    plugins: [
      image(),
      pdf(),
      ocr({ ...(dataPath ? { dataPath } : {}), ...(tesseractPath ? { tesseractPath } : {}) }),
      translate(authKey ? { deepl: { authKey } } : {}),
    ],
  })
}
