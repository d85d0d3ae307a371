import type { Plugin } from '@imagedoc/core'
import type { Environment } from './environment.ts'

interface DefaultPlugin {
  /** What stands before the dot in the names of its operations. */
  readonly groups: readonly string[]
  /** Needed whatever the pipeline says: the image plugin brings the codec. */
  readonly always?: boolean
  load(environment: Environment): Promise<Plugin>
}

/** The plugins without a configuration. Which groups each has is known here only to save loading what a pipeline cannot need. */
const defaultPlugins: readonly DefaultPlugin[] = [
  { groups: ['image'], always: true, load: async () => (await import('@imagedoc/plugin-image')).default() },
  { groups: ['document', 'pdf'], load: async () => (await import('@imagedoc/plugin-pdf')).default() },
  {
    groups: ['ocr'],
    load: async ({ tessdata, tesseract }) => {
      const { default: ocr } = await import('@imagedoc/plugin-ocr')
      return ocr({
        ...(tessdata === undefined ? {} : { dataPath: tessdata }),
        ...(tesseract === undefined ? {} : { tesseractPath: tesseract }),
      })
    },
  },
  {
    groups: ['translate'],
    load: async ({ deeplAuthKey }) => {
      const { default: translate } = await import('@imagedoc/plugin-translate')
      return translate(deeplAuthKey === undefined ? {} : { deepl: { authKey: deeplAuthKey } })
    },
  },
]

/**
 * The default plugins, set up from the environment.
 * @param uses the operations of the pipeline, when one is all that is asked for. One from an unknown group loads everything, so that the
 * report of the mistake knows every name.
 */
export async function loadDefaultPlugins(environment: Environment, uses?: readonly string[]): Promise<Plugin[]> {
  const groups = uses?.map((use) => use.split('.')[0] ?? '')
  const known = defaultPlugins.flatMap((plugin) => plugin.groups)
  const all = groups === undefined || groups.some((group) => !known.includes(group))
  const wanted = defaultPlugins.filter((plugin) => all || plugin.always || plugin.groups.some((group) => groups.includes(group)))
  return Promise.all(wanted.map((plugin) => plugin.load(environment)))
}
