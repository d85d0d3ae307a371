/** What Tesseract calls its languages: ISO 639-3, some with a script or an age behind it (those are left out: nobody means them by a name). */
const codes =
  'afr amh ara asm aze bel ben bod bos bre bul cat ceb ces chi_sim chi_tra chr cos cym dan deu div dzo ell eng epo est eus fao fas fil fin fra fry gla gle glg grc guj hat heb hin hrv hun hye iku ind isl ita jav jpn kan kat kaz khm kir kmr kor lao lat lav lit ltz mal mar mkd mlt mon mri msa mya nep nld nor oci ori pan pol por pus que ron rus san sin slk slv snd spa sqi srp sun swa swe syr tam tat tel tgk tha tir ton tur uig ukr urd uzb vie yid yor'.split(
    ' ',
  )
const byScript: Readonly<Record<string, string>> = { chi_sim: 'zh-Hans', chi_tra: 'zh-Hant' }

/**
 * ` Portuguese is "por".` for a language by its name (in English or its own), or by a tag such as `pt` or `pt-BR`; else nothing.
 */
export function languageMeant(word: string): string {
  // Of `pt-BR` the language alone.
  const wanted = word
    .trim()
    .toLowerCase()
    .replace(/^([a-z]{2,3})[-_][a-z]{2}$/, '$1')
  for (const code of codes) {
    const [tag = code] = Intl.getCanonicalLocales(byScript[code] ?? code)
    const name = nameOf(tag, 'en')
    const meanings = [tag, name, nameOf(tag, tag)].map((text) => text.toLowerCase())
    if (code !== wanted && meanings.includes(wanted)) return ` ${name} is "${code}".`
  }
  return ''
}

function nameOf(tag: string, inLanguage: string): string {
  return new Intl.DisplayNames([inLanguage], { type: 'language' }).of(tag) ?? tag
}
