import { pipelineJsonSchema } from '@imagedoc/core'
import { configurationPage } from './reference/configuration-page.ts'
import { errorsPage } from './reference/errors-page.ts'
import { knownLimitsPage } from './reference/known-limits-page.ts'
import { operationsPage } from './reference/operations-page.ts'

/** A file in the repository that is made from the code and never edited. */
export interface GeneratedFile {
  /** From the root of the repository. */
  path: string
  content(): string | Promise<string>
}

/** Every generated file; add one here and `pnpm generate` writes it, `pnpm check` refuses it when stale. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/configuration.md', content: configurationPage },
  { path: 'docs/errors.md', content: errorsPage },
  { path: 'docs/known-limits.md', content: knownLimitsPage },
  { path: 'docs/operations.md', content: operationsPage },
  { path: 'packages/core/schema/pipeline.schema.json', content: () => `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n` },
]
