import type { Pixels } from '@imagedoc/core'

/** How one page is to be read. */
export interface Reading {
  readonly languages: readonly string[]
  /** Tesseract's `--psm`. */
  readonly pageSegmentationMode: number
  /** Dots per inch. */
  readonly density: number
  readonly signal: AbortSignal
  /** 0 to 1. */
  progress(done: number): void
}

/** An open engine. Both give hOCR, the one format of Tesseract that has words, baselines and languages, so one parser serves them. */
export interface Recognizer {
  /**
   * hOCR of one page without an alpha channel.
   * @throws LANGUAGE_MISSING, ENGINE_FAILED, CANCELLED
   */
  recognize(page: Pixels, reading: Reading): Promise<string>
}
