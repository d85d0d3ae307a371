import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createImageDoc } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import translate from '@imagedoc/plugin-translate'
import { expect, it } from 'vitest'
import { publishedPackages, root } from '../scripts/workspace-packages.ts'

const pages = ['README.md', ...publishedPackages().map(({ folder }) => join(folder, 'README.md'))]

/** The blocks of a page in one language. */
function examplesOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '')
}

/** A preview's request has steps, too, which have to be right as those of a pipeline. */
function asPipeline<Page extends { definition: { steps?: unknown; max_pixels?: unknown } }>(page: Page) {
  const { steps, max_pixels } = page.definition
  return max_pixels === undefined ? page : { ...page, definition: { version: 1, steps } }
}

it('every pipeline of the READMEs, and every example pipeline, is valid', async () => {
  await using imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr(), translate()] })
  const folder = join(root, 'examples', 'pipelines')
  const written = pages.flatMap((page) => examplesOf(page, 'json').map((json) => ({ page, definition: JSON.parse(json) })))
  const files = readdirSync(folder).map((page) => ({ page, definition: JSON.parse(readFileSync(join(folder, page), 'utf8')) }))
  const pipelines = [...written.map(asPipeline), ...files].filter(({ definition }) => Array.isArray(definition.steps))
  const problems = pipelines.flatMap(({ page, definition }) => imagedoc.problems(definition).map((problem) => ({ page, ...problem })))
  expect(problems).toEqual([])
  expect(pipelines.length).toBeGreaterThan(4)
})

it('every TypeScript example of the READMEs compiles', () => {
  // Inside the repository, so that the packages are found as anybody finds them.
  const folder = mkdtempSync(join(root, 'test', 'readme-examples-'))
  try {
    const examples = pages.flatMap((page) =>
      examplesOf(page, 'ts').map((code, index) => ({ name: `${page.replaceAll(/[^a-z]+/gi, '-')}-${index}.ts`, code })),
    )
    for (const { name, code } of examples) writeFileSync(join(folder, name), `${code}\nexport {}\n`)
    // A stranger's plugin, which the pages name as an example.
    writeFileSync(
      join(folder, 'plugins.d.ts'),
      "declare module 'imagedoc-plugin-*' { const plugin: () => import('@imagedoc/core').Plugin; export default plugin }\n",
    )
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions: { noUnusedLocals: false }, include: ['*.ts'] }),
    )
    const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
    expect(examples.length).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
