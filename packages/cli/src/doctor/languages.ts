import type { AnyOperation, Engine, Json, Plugin } from '@imagedoc/core'
import type { Check } from './check.ts'

/** The languages of Tesseract's own data, as it names them (tesseract-ocr/tessdata_best). */
const languages =
  'afr amh ara asm aze aze_cyrl bel ben bod bos bre bul cat ceb ces chi_sim chi_tra chr cos cym dan deu div dzo ell eng enm epo est eus fao fas fil fin fra frk frm fry gla gle glg grc guj hat heb hin hrv hun hye iku ind isl ita ita_old jav jpn kan kat kat_old kaz khm kir kmr kor lao lat lav lit ltz mal mar mkd mlt mon mri msa mya nep nld nor oci ori pan pol por pus que ron rus san sin slk slv snd spa spa_old sqi srp srp_latn sun swa swe syr tam tat tel tgk tha tir ton tur uig ukr urd uzb uzb_cyrl vie yid yor'.split(
    ' ',
  )

/** Which languages the engines of operations with a parameter `languages` have: each is asked, as a plan would ask it. */
export async function checkLanguages(plugins: readonly Plugin[]): Promise<Check[]> {
  const operations = plugins.flatMap((plugin) => plugin.operations).filter((operation) => 'languages' in operation.params.shape)
  const asked = operations.flatMap((operation) => (operation.engines ?? []).map((engine) => checkEngine(operation, engine)))
  return Promise.all(asked)
}

async function checkEngine(operation: AnyOperation, engine: Engine): Promise<Check> {
  const found = await Promise.all(languages.map((language) => has(operation, engine, language)))
  const known = languages.filter((_, index) => found[index])
  const message = known.length > 0 ? known.join(', ') : 'none'
  return { area: 'languages', name: `${operation.name} ${engine.id}`, status: known.length > 0 ? 'ok' : 'note', message }
}

async function has(operation: AnyOperation, engine: Engine, language: string): Promise<boolean> {
  const params = operation.params.safeParse({ ...operation.example, languages: [language] })
  if (!params.success) return false
  return engine.available(params.data as Json).then(
    (answer) => answer.ok,
    () => false,
  )
}
