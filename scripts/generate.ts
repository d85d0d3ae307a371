// Writes the generated files (references, schemas); with --check writes nothing and fails when one is missing or stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
const stale: string[] = []

for (const { path, content } of generatedFiles) {
  const file = join(root, path)
  const wanted = await content()
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present === wanted) continue
  stale.push(path)
  if (check) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, wanted)
}

for (const path of stale) console.log(`${check ? 'stale' : 'written'}: ${path}`)
if (check && stale.length > 0) {
  console.log('Run `pnpm generate` and commit what it writes.')
  process.exitCode = 1
} else console.log(`${generatedFiles.length} generated files, all up to date.`)
