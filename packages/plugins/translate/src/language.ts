/** A language, and the region it is written for. */
export interface Language {
  /** ISO 639-1 where there is one, else ISO 639-3: `pt`, `ast`. */
  readonly language: string
  /** `BR`, where one is named. */
  readonly region: string | undefined
}

/**
 * A language from BCP 47 (`pt-BR`), ISO 639-1, -2 or -3 (`pt`, `por`) or as Apertium's modes write it (`pt_BR`);
 * undefined for what is none of these.
 */
export function parseLanguage(code: string): Language | undefined {
  try {
    const { language, region } = new Intl.Locale(code.replaceAll('_', '-'))
    return { language, region }
  } catch {
    return undefined
  }
}
