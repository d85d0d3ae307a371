import type { Context } from '@imagedoc/core'
import type { TranslateParams } from './params.ts'

/** What is to be translated, and how. */
export interface Job {
  readonly params: TranslateParams
  /** What the text says its language is; null when it does not. */
  readonly language: string | null
  readonly context: Pick<Context, 'signal' | 'progress' | 'memo'>
}

/** An open engine. */
export interface Translator {
  /**
   * As many translations as segments, in their order. A segment is a paragraph or a line, never blank.
   * @throws LANGUAGE_MISSING, ENGINE_FAILED, CANCELLED, and the PROVIDER_ codes
   */
  translate(segments: readonly string[], job: Job): Promise<readonly string[]>
}
