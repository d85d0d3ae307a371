import { createImageDoc, createMemoryResultCache, fromBytes, isImageDocError } from '@imagedoc/core'
import { type LimitSpecimen, limits } from '@imagedoc/fixtures'
import imagePlugin from '@imagedoc/plugin-image'
import pdfPlugin from '@imagedoc/plugin-pdf'
import { writtenLimits } from './written-limits.ts'

const pages = { version: 1 as const, steps: [{ use: 'document.pages' }], outputs: { 'page.png': 'document.pages' } }

/** `docs/known-limits.md`: what the product says of a specimen of every kind of file that it does not take. */
export async function knownLimitsPage(): Promise<string> {
  await using imagedoc = createImageDoc({ plugins: [imagePlugin(), pdfPlugin()], cache: createMemoryResultCache() })
  const rows: string[] = []
  for (const specimen of limits) rows.push(`| ${specimen.title} | \`${specimen.name}\` | ${cell(await seen(imagedoc, specimen))} |`)
  return `# Known limits

What is not supported, and what one sees then. Nothing of this is passed over in silence: a file is refused with an error, or its result bears a
diagnostic. What counts is a file's content, not its name; \`imagedoc run\` on a folder names what it passes over.

## Files

Each row is a small file of its kind, given to \`document.pages\` by the name in the second column.

| kind | file | what one sees |
|---|---|---|
${rows.join('\n')}

${writtenLimits}
This page is generated from \`fixtures/src/limits\` and \`scripts/reference/written-limits.ts\` by \`pnpm generate\`, which runs the product on every file.
`
}

/** The error, or the diagnostics where the file is taken with a limit. */
async function seen(
  { run }: Pick<ReturnType<typeof createImageDoc>, 'run'>,
  { title, name, bytes }: LimitSpecimen,
): Promise<readonly { code: string; message: string }[]> {
  const { error, diagnostics } = await run(pages, { input: fromBytes(await bytes(), { name }) })
  if (isImageDocError(error)) return [error]
  if (diagnostics.length > 0) return diagnostics
  throw new Error(`"${title}" (${name}) is taken without a word: it is no limit any more. Remove its row from fixtures/src/limits.`)
}

function cell(told: readonly { code: string; message: string }[]): string {
  return told.map(({ code, message }) => `\`${code}\`: ${message.replaceAll('|', '\\|').replaceAll('\n', ' ')}`).join('<br>')
}
