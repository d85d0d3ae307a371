import { type Engine, ImageDocError, isImageDocError, type Pixels, throwIfAborted } from '@imagedoc/core'
import type { OcrOptions } from '../options.ts'
import { languagesOf } from '../params.ts'
import type { Reading, Recognizer } from '../recognizer.ts'
import { languageDigests, languageInFolder, languageInPackages, readLanguage } from './language-data.ts'
import { assertLoaded, damagedData, findLanguages, type Languages, languagesAvailable } from './languages.ts'
import { coreBuild, coreVersion, loadCore, type TessApi, type WasmCore } from './wasm-core.ts'

/** WebAssembly memory only grows: after a page that needed more than this the instance is made anew (0.2 s). A4 at 300 dpi needs 70 to 150 MB. */
const KEEP_MEMORY_BYTES = 256 * 1024 ** 2
/** Initialised sets of languages that one instance keeps (about 20 MB each). */
const KEEP_LANGUAGE_SETS = 3
const LSTM_ONLY = 1

/** Tesseract as WebAssembly, with language data from npm packages or a folder: nothing to install, no network. */
export function tesseractJs(options: OcrOptions): Engine<Recognizer> {
  const languages = npmLanguages(options)
  return {
    id: 'tesseract.js',
    available: (params) => languagesAvailable(languagesOf(params), languages),
    fingerprint: async (params) => ({
      'tesseract.js-core': coreVersion,
      build: await coreBuild(),
      models: await languageDigests(await findLanguages(languagesOf(params), languages)),
    }),
    open: async () => createWasmRecognizer(languages),
  }
}

function npmLanguages({ dataPath }: OcrOptions): Languages {
  return {
    find: async (language) => (dataPath && (await languageInFolder(language, dataPath))) || (await languageInPackages(language)),
    remedy: (language) =>
      `Install the npm package @tesseract.js-data/${language} where your application's package.json is, or put ${language}.traineddata into a folder and name it in the option "dataPath" of @imagedoc/plugin-ocr.`,
  }
}

function createWasmRecognizer(languages: Languages): Recognizer & AsyncDisposable {
  let core: WasmCore | undefined
  const sets = new Map<string, TessApi>()
  const drop = (): void => {
    core = undefined
    sets.clear()
  }

  async function languageSet(running: WasmCore, names: readonly string[]): Promise<TessApi> {
    const key = names.join('+')
    const known = sets.get(key)
    if (known) sets.delete(key)
    const api = known ?? (await initialise(running, names, languages))
    sets.set(key, api)
    const [oldest] = sets.size > KEEP_LANGUAGE_SETS ? sets.entries() : []
    if (oldest) {
      sets.delete(oldest[0])
      oldest[1].End()
      running.destroy(oldest[1])
    }
    return api
  }

  async function read(page: Pixels, reading: Reading): Promise<string> {
    try {
      throwIfAborted(reading.signal)
      core ??= await loadCore()
      const api = await languageSet(core, reading.languages)
      throwIfAborted(reading.signal)
      return readPage({ core, api, page, reading })
    } catch (error) {
      if (isImageDocError(error) && error.code !== 'ENGINE_FAILED') throw error
      const messages = core?.takeMessages() ?? ''
      // A trap leaves the memory in an unknown state.
      drop()
      if (isImageDocError(error)) throw error
      throw new ImageDocError('ENGINE_FAILED', `Tesseract failed on a page of ${page.width} x ${page.height} pixels.`, {
        cause: new Error(messages.slice(-2000), { cause: error }),
      })
    } finally {
      if (core && core.memory.buffer.byteLength > KEEP_MEMORY_BYTES) drop()
    }
  }

  // One page at a time: the instance is shared, and dropped when a page breaks it.
  let last: Promise<unknown> = Promise.resolve()
  return {
    recognize(page, reading) {
      const turn = last.then(() => read(page, reading))
      last = turn.catch(() => {})
      return turn
    },
    [Symbol.asyncDispose]: async () => drop(),
  }
}

async function initialise(core: WasmCore, names: readonly string[], languages: Languages): Promise<TessApi> {
  const files = await findLanguages(names, languages)
  const loaded = await Promise.all(files.map(async (file) => ({ path: `/${file.language}.traineddata`, bytes: await readLanguage(file) })))
  core.takeMessages()
  for (const { path, bytes } of loaded) core.FS.writeFile(path, bytes)
  try {
    const api = new core.TessBaseAPI()
    const code = api.Init(null, names.join('+'), LSTM_ONLY)
    const messages = core.takeMessages()
    if (code !== 0) throw damagedData(names, messages)
    assertLoaded(messages, names)
    return api
  } catch (error) {
    throw isImageDocError(error) ? error : damagedData(names, String(error))
  } finally {
    for (const { path } of loaded) core.FS.unlink(path)
  }
}

function readPage({ core, api, page, reading }: { core: WasmCore; api: TessApi; page: Pixels; reading: Reading }): string {
  core.takeMessages()
  let last = 0
  core.onProgress = (done) => {
    if (done > last) reading.progress(done)
    last = Math.max(last, done)
  }
  // Set for every page: a variable stays until it is set again.
  api.SetVariable('tessedit_pageseg_mode', String(reading.pageSegmentationMode))
  api.SetVariable('user_defined_dpi', String(reading.density))
  const address = core._malloc(page.data.length)
  if (address === 0) throw new Error('There is no memory left for the page.')
  try {
    new Uint8Array(core.memory.buffer, address, page.data.length).set(page.data)
    // Tesseract makes its own copy. Straight from memory it takes 10 ms an A4 page, through a file 150.
    api.SetImage(address, page.width, page.height, page.channels, page.width * page.channels)
  } finally {
    core._free(address)
  }
  if (api.Recognize(null) !== 0) throw new Error('Recognize() gave up.')
  const hocr = api.GetHOCRText(0)
  api.Clear()
  return hocr
}
