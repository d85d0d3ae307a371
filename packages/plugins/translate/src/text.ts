import { defineOperation, type Engine, text as textPort } from '@imagedoc/core'
import { apertium } from './engines/apertium.ts'
import { deepl } from './engines/deepl.ts'
import { type TranslateOptions, withDefaults } from './options.ts'
import { translateParams } from './params.ts'
import { assemble, segment } from './segments.ts'
import type { Translator } from './translator.ts'

/** `translate.text` with engines that are set up by the plugin's options. */
export function createText(options: TranslateOptions) {
  const settings = withDefaults(options)
  const engines: readonly Engine<Translator>[] = [deepl(settings.deepl), apertium(settings.apertium)]
  return defineOperation({
    name: 'translate.text',
    version: 1,
    summary: 'Translate a text; its paragraphs and pages stay where they are.',
    input: textPort,
    output: textPort,
    params: translateParams,
    // A provider's model changes without a word; Apertium, which does not, is told apart by its fingerprint.
    traits: { cost: 'heavy', deterministic: false, blocking: false },
    engines,
    example: { to: 'en-US', from: 'pt' },
    async run({ input, params, context }) {
      const parts = segment(input.text, params.lines)
      const { segments } = parts
      const translated =
        segments.length === 0 ? [] : await context.engine.translate(segments, { params, language: input.language, context })
      return { output: { text: assemble(parts, translated), language: params.to } }
    },
  })
}

/** `translate.text` without a DeepL account: a text in another language. */
export const text = createText({})
